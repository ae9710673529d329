"""The strict reader of recurrence rules (RFC 5545): parts of known names, whole numbers, bounded sizes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from jupyter_flows.errors import ScheduleError

__all__ = ["RRuleParts", "read_rrule"]

LONGEST = 2_000  # characters
MOST_COUNT = 10_000
MOST_INTERVAL = {"YEARLY": 100, "MONTHLY": 1_200, "WEEKLY": 520, "DAILY": 3_660, "HOURLY": 10_000, "MINUTELY": 600_000}
MOST_A_DAY = 1_440  # times of day that lists of hours, minutes and seconds may multiply to
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")  # dateutil's order
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

# Part of the rule -> dateutil's name for it, and its bounds; bounds below zero count from the end, zero never does.
_LISTS = {
    "BYSETPOS": ("bysetpos", -366, 366),
    "BYMONTH": ("bymonth", 1, 12),
    "BYMONTHDAY": ("bymonthday", -31, 31),
    "BYYEARDAY": ("byyearday", -366, 366),
    "BYWEEKNO": ("byweekno", -53, 53),
    "BYHOUR": ("byhour", 0, 23),
    "BYMINUTE": ("byminute", 0, 59),
    "BYSECOND": ("bysecond", 0, 59),
}
_OF_A_DAY = ("byhour", "byminute", "bysecond")
_ALLOWED = {  # beside the parts of a day
    "YEARLY": ("bysetpos", "bymonth", "bymonthday", "byyearday", "byweekno"),
    "MONTHLY": ("bysetpos", "bymonth", "bymonthday"),
    "WEEKLY": ("bysetpos", "bymonth"),
    "DAILY": ("bymonth", "bymonthday"),
    "HOURLY": (),
    "MINUTELY": (),
}
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_LISTS)
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")


@dataclass(frozen=True, slots=True)
class RRuleParts:
    """What a recurrence rule says.

    Parameters
    ----------
    frequency
        Index into `FREQUENCIES`.
    interval, count
        Every so many periods; so many ticks in all, if given.
    until
        The last wall-clock time, if given.
    week_start
        0 (Monday) to 6.
    lists
        dateutil's names to numbers, such as ``{"bymonthday": (-1,)}``.
    weekdays
        Pairs of a weekday from 0 and its place in the month or year, 0 for each of them.
    """

    frequency: int
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    lists: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    weekdays: tuple[tuple[int, int], ...] = ()


def read_rrule(text: object, zone: ZoneInfo) -> RRuleParts:
    """Read a rule such as ``FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1``.

    Raises
    ------
    ScheduleError
        Naming the part, and what to write instead.
    """
    if not isinstance(text, str):
        raise ScheduleError("rrule", text, "give text such as 'FREQ=WEEKLY;BYDAY=MO'")
    if len(text) > LONGEST or not text.isascii() or not text.isprintable():
        raise ScheduleError("rrule", text, f"one line of at most {LONGEST} ASCII characters; give DTSTART as dtstart=")
    parts = _parts(text)
    try:
        frequency = _choice(parts, "FREQ", FREQUENCIES)
        rule = RRuleParts(
            frequency=frequency,
            interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, MOST_INTERVAL[FREQUENCIES[frequency]]),
            count=_number("COUNT", parts["COUNT"], 1, MOST_COUNT) if "COUNT" in parts else None,
            until=_until(parts["UNTIL"], zone) if "UNTIL" in parts else None,
            week_start=_choice(parts, "WKST", WEEKDAYS) if "WKST" in parts else 0,
            lists={
                name: _numbers(part, parts[part], low, high)
                for part, (name, low, high) in _LISTS.items()
                if part in parts
            },
            weekdays=_weekdays(parts["BYDAY"]) if "BYDAY" in parts else (),
        )
        _check(rule)
    except ValueError as error:
        raise ScheduleError("rrule", text, str(error)) from None
    return rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for item in text.upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = item.strip().partition("=")
        if name not in _PARTS or not equals or not value:
            raise ScheduleError("rrule", text, f"{item[:40]!r} is none of {', '.join(_PARTS)} with '=' and a value")
        if name in parts:
            raise ScheduleError("rrule", text, f"{name} is in it twice")
        parts[name] = value
    return parts


def _check(rule: RRuleParts) -> None:
    """Refuse what RFC 5545 does not allow, and what could be searched for without an end."""
    if rule.count is not None and rule.until is not None:
        raise ValueError("COUNT and UNTIL do not go together; give one of them")
    a_day = 1
    for name in _OF_A_DAY:
        a_day *= len(rule.lists.get(name, (0,)))
    if a_day > MOST_A_DAY:
        raise ValueError(f"its hours, minutes and seconds are {a_day} times a day; use an interval")
    _check_parts(rule, FREQUENCIES[rule.frequency])
    _check_days(rule, FREQUENCIES[rule.frequency])


def _check_parts(rule: RRuleParts, frequency: str) -> None:
    for part, (name, _, _) in _LISTS.items():
        if name in rule.lists and name not in (*_OF_A_DAY, *_ALLOWED[frequency]):
            raise ValueError(f"{part} does not go with FREQ={frequency}; for single days take FREQ=DAILY or above")
    if "bysetpos" in rule.lists and not rule.weekdays and len(rule.lists) == 1:
        raise ValueError("BYSETPOS chooses among what another BY part gives; there is none")
    if frequency == "DAILY" and rule.interval > 1 and "bymonthday" in rule.lists:
        raise ValueError("INTERVAL with BYMONTHDAY needs FREQ=MONTHLY")
    size = {"HOURLY": 24, "MINUTELY": 1_440}.get(frequency)
    if size and (rule.lists or rule.weekdays) and size % rule.interval:
        raise ValueError(f"with BY parts, INTERVAL must divide a day: {rule.interval} does not divide {size}")


def _check_days(rule: RRuleParts, frequency: str) -> None:
    places = [abs(place) for _, place in rule.weekdays if place]
    if places and frequency not in {"YEARLY", "MONTHLY"}:
        raise ValueError("a numbered weekday in BYDAY, such as 2FR, needs FREQ=MONTHLY or YEARLY")
    if frequency == "MONTHLY" and any(place > 5 for place in places):
        raise ValueError("BYDAY: no month has more than five of a weekday")
    if frequency == "WEEKLY" and any(abs(place) > 7 for place in rule.lists.get("bysetpos", ())):
        raise ValueError("BYSETPOS: a week has seven days")


def _choice(parts: dict[str, str], part: str, known: tuple[str, ...]) -> int:
    if parts.get(part) not in known:
        raise ValueError(f"{part} must be one of {', '.join(known)}")
    return known.index(parts[part])


def _number(part: str, text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,7}", text) or not low <= int(text) <= high:
        raise ValueError(f"{part}={text[:20]} is not {low} to {high}")
    return int(text)


def _numbers(part: str, text: str, low: int, high: int) -> tuple[int, ...]:
    numbers = {_number(part, item.strip(), low, high) for item in text.split(",")}
    if low < 0 and 0 in numbers:
        raise ValueError(f"{part} counts from 1, or from -1 backwards; it has a 0")
    return tuple(sorted(numbers))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    days: list[tuple[int, int]] = []
    for item in text.split(","):
        found = _DAY.fullmatch(item.strip())
        if not found or (found[1] and not 1 <= abs(int(found[1])) <= 53):
            raise ValueError(f"BYDAY: {item[:20]!r} is no weekday such as MO, 2TU or -1FR")
        days.append((WEEKDAYS.index(found[2]), int(found[1] or 0)))
    return tuple(dict.fromkeys(days))


def _until(text: str, zone: ZoneInfo) -> datetime:
    if not _UNTIL.fullmatch(text):
        raise ValueError("UNTIL is written 20271231, 20271231T235900 or, in UTC, 20271231T235900Z")
    day, _, rest = text.partition("T")
    clock = rest.removesuffix("Z") or "235959"  # a date includes its whole day
    try:
        until = datetime.strptime(day + clock, "%Y%m%d%H%M%S")  # noqa: DTZ007 - wall-clock time
    except ValueError:
        raise ValueError(f"UNTIL={text} is not in the calendar") from None
    return until.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if rest.endswith("Z") else until
