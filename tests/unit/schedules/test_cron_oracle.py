"""Cron against a walk over all minutes: the oracle reads expressions by itself and knows no scheduling library."""

# pyright: reportOptionalMemberAccess=false
from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jupyter_flows.schedules import CronSchedule

ZONES = [
    *["Europe/Rome", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Asia/Gaza"],
    *["America/Santiago", "Europe/Dublin", "Pacific/Chatham", "Asia/Beirut", "America/Havana", "Africa/Cairo"],
    *["America/Asuncion", "Atlantic/Azores", "Pacific/Apia", "Asia/Tehran", "Antarctica/Troll", "America/Nuuk"],
    *["Australia/Sydney", "UTC"],
]
RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def expand(text, low, high):
    found = set()
    for item in text.split(","):
        body, _, step = item.partition("/")
        first, _, last = (f"{low}-{high}" if body == "*" else body).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


def walk(expression, zone, start, days):
    """Give the instants of (start, start + days] under the stated policy, minute by minute."""
    words = expression.split()
    minutes, hours, dates, months, weekdays = (expand(word, *ends) for word, ends in zip(words, RANGES, strict=True))
    weekdays = {day % 7 for day in weekdays} if words[4][0] != "*" else expand(words[4], 0, 6)
    wildcard = "*" in (words[0][0], words[1][0])

    def fits(naive):
        if naive.minute not in minutes or naive.hour not in hours or naive.month not in months:
            return False
        by_date, by_week = naive.day in dates, naive.isoweekday() % 7 in weekdays
        return by_date or by_week if "*" not in (words[2][0], words[4][0]) else by_date and by_week

    found, seen = [], set()
    now = start - DAY / 4  # no clock is put back by more
    before = now.astimezone(zone).replace(tzinfo=None)
    while (now := now + MINUTE) <= start + days * DAY:
        naive = now.astimezone(zone).replace(tzinfo=None)
        runs = False
        gap = naive - before - MINUTE
        if gap and not wildcard and timedelta() < gap <= timedelta(hours=3):
            runs = any(fits(before + MINUTE * step) for step in range(1, gap // MINUTE + 1))
        if fits(naive) and (wildcard or naive not in seen):
            runs = True
            seen.add(naive)
        if runs and now > start:
            found.append(now)
        before = naive
    return found


def draw_field(draw, low, high):
    kind = draw.randrange(6)
    first, second = sorted((draw.randint(low, high), draw.randint(low, high)))
    return [
        "*",
        "*",
        f"*/{draw.randint(1, high - low)}",
        str(first),
        f"{first}-{second}/{draw.randint(1, 4)}",
        f"{first},{second}",
    ][kind]


def transitions(zone, year):
    at = datetime(year, 1, 1, tzinfo=UTC)
    return [
        at + DAY * day
        for day in range(365)
        if (at + DAY * day).astimezone(zone).utcoffset() != (at + DAY * (day + 1)).astimezone(zone).utcoffset()
    ]


def cases(count):
    draw = random.Random(20270328)
    while count:
        name = draw.choice(ZONES)
        near = transitions(ZoneInfo(name), draw.randint(2005, 2027)) or [datetime(2026, 3, 1, tzinfo=UTC)]
        start = draw.choice(near) + MINUTE * draw.randint(-1440, 2 * 1440)
        hour = draw.choice(["*", "*/2", "0", "1", "2", "3", "0-3", "1,2", "2-23/3", "23"])
        words = [draw_field(draw, 0, 59), hour, *(draw_field(draw, *ends) for ends in RANGES[2:])]
        if draw.random() < 0.6:
            words[2:] = ["*", "*", "*"]
        try:
            schedule = CronSchedule(" ".join(words), timezone=name)
        except ValueError as error:
            if "never fires" not in str(error):
                raise
            continue
        count -= 1
        yield schedule, start


@pytest.mark.timeout(900)
def test_cron_equals_a_walk_over_all_minutes_forwards_and_backwards(at_scale):
    for schedule, start in cases(at_scale(150, 5_000)):
        zone = ZoneInfo(schedule.timezone)
        wanted = walk(schedule.cron, zone, start, 2)
        end = start + 2 * DAY
        context = (schedule.cron, schedule.timezone, start)
        got = []
        for tick in schedule.forward(start):
            if tick.at.astimezone(UTC) > end:
                break
            got.append(tick.at.astimezone(UTC))
        assert got == wanted, context
        back = []
        for tick in schedule.backward(end + timedelta(seconds=1)):
            if tick.at.astimezone(UTC) <= start:
                break
            back.append(tick.at.astimezone(UTC))
        assert back[::-1] == wanted, context


@pytest.mark.timeout(900)
def test_what_comes_next_does_not_depend_on_where_the_asking_began(at_scale):
    for schedule, start in cases(at_scale(60, 1_000)):
        ticks = [tick.astimezone(UTC) for tick in schedule.next(6, after=start)]
        assert ticks == sorted(set(ticks))
        for number, tick in enumerate(ticks[:-1]):
            assert schedule.next(1, after=tick)[0].astimezone(UTC) == ticks[number + 1]
            assert schedule.previous(before=ticks[number + 1]).astimezone(UTC) == tick
