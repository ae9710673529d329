"""Schedules as a user asks them: bad input, zones, policies, filters, templates and their stored form."""

# pyright: reportOptionalMemberAccess=false
from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, takewhile

import pytest

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules import (
    CatchUp,
    CronSchedule,
    DatesSchedule,
    IntervalSchedule,
    RRuleSchedule,
    Schedule,
    daylight_warnings,
    describe,
    due_ticks,
    from_json,
    resolve_parameters,
    resolve_template,
    to_json,
)
from jupyter_flows.schedules.adjustments import add, next_weekday
from jupyter_flows.schedules.filters import between_dates, between_times, is_month_end, is_weekday, on_date

NOW = datetime(2026, 11, 21, 10, 3, tzinfo=UTC)  # a Saturday
NEW_YORK = "America/New_York"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def texts(instants):
    return [instant.isoformat() for instant in instants]


@pytest.mark.parametrize(
    ("cron", "word"),
    [
        ("5-2 * * * *", "backwards"),
        ("0 0 31 2 *", "never fires"),
        ("0 0 30,31 feb *", "never fires"),
        ("0 0 0 * * *", "6 fields"),
        ("* * * *", "4 fields"),
        ("", "0 fields"),
        ("R * * * *", "by chance"),
        ("H/5 * * * *", "by chance"),
        ("@reboot", "keywords"),
        ("@every 5m", "2 fields"),
        ("\u0663 * * * *", "ASCII"),
        ("\uff13 * * * *", "ASCII"),
        ("0\u00a00 * * *", "ASCII"),
        ("* * * * *\n", "ASCII"),
        ("1," * 500_000, "longer than"),
        ("7/2 * * * *", "7-59/2"),
        ("0 0 * * 7/2", "differently"),
        ("*/90 * * * *", "interval"),
        ("*/0 * * * *", "step of 0"),
        ("60 * * * *", "0 to 59"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of week"),
        ("0 0 L * *", "RRuleSchedule"),
        ("0 0 15W * *", "RRuleSchedule"),
        ("0 0 * * fri#2", "RRuleSchedule"),
        ("0 0 * * 5L", "RRuleSchedule"),
        ("0 0 ? * *", "RRuleSchedule"),
        ("5,, * * * *", "minute"),
        ("*-5 * * * *", "range"),
        ("-5 * * * *", "minute"),
        ("1-2-3 * * * *", "minute"),
        (5, "text"),
        (None, "text"),
    ],
)
def test_a_refused_cron_expression_names_its_field(cron, word):
    with pytest.raises(ValueError, match="cron=") as caught:
        CronSchedule(cron)
    assert word in str(caught.value)
    assert len(str(caught.value)) < 500
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("cron", "wanted"),
    [
        ("0 5-5 * * *", ["2026-11-22T05:00", "2026-11-23T05:00"]),  # an equal range is one value, not the whole cycle
        ("59-59 * * * *", ["2026-11-21T10:59", "2026-11-21T11:59"]),
        ("0 0 * * 5-7", ["2026-11-22T00:00", "2026-11-27T00:00"]),
        ("0 0 * * SUN,7,0", ["2026-11-22T00:00", "2026-11-29T00:00"]),
        ("0 9 */2 * 1", ["2026-11-23T09:00", "2026-12-07T09:00"]),  # both must fit: a field begins with a star
        ("0 9 1 * 1", ["2026-11-23T09:00", "2026-11-30T09:00"]),  # either fits
        ("0 0 1 * 0-6", ["2026-11-22T00:00", "2026-11-23T00:00"]),
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 0 29 feb */7", ["2032-02-29T00:00", "2060-02-29T00:00"]),
        ("0 0 31 2 1", ["2027-02-01T00:00", "2027-02-08T00:00"]),
        ("@weekly", ["2026-11-22T00:00", "2026-11-29T00:00"]),
        ("  5\t*  * * * ", ["2026-11-21T10:05", "2026-11-21T11:05"]),
    ],
)
def test_cron_means_what_it_means_in_a_crontab(cron, wanted):
    assert [text[:16] for text in texts(CronSchedule(cron).next(2, after=NOW))] == wanted


@pytest.mark.parametrize(
    ("cron", "after", "wanted"),
    [
        ("30 2 * * *", "2026-03-08", ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]),
        ("0,30 2 * * *", "2026-03-08", ["2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"]),
        ("30 * * * *", "2026-03-08T01:00", ["2026-03-08T01:30:00-05:00", "2026-03-08T03:30:00-04:00"]),
        ("30 1 * * *", "2026-11-01", ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"]),
        ("30 * * * *", "2026-11-01T01:00", ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]),
    ],
)
def test_cron_keeps_the_stated_policy_when_the_clocks_change(cron, after, wanted):
    schedule = CronSchedule(cron, timezone=NEW_YORK)
    assert texts(schedule.next(2, after=datetime.fromisoformat(after))) == wanted


def test_a_lost_day_is_not_made_up():
    samoa = CronSchedule("0 9 * * *", timezone="Pacific/Apia")
    assert [text[:10] for text in texts(samoa.next(2, after=datetime(2011, 12, 29)))] == ["2011-12-29", "2011-12-31"]


@pytest.mark.parametrize(
    "zone", ["Mars/Base", "Europe", "../etc/passwd", "localtime", "", "x" * 100_000, None, 5, "Zürich"]
)
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(ScheduleError, match="timezone="):
        CronSchedule("@daily", timezone=zone)


def test_a_mistyped_zone_is_told_its_name():
    with pytest.raises(ScheduleError, match="did you mean 'Europe/Rome'"):
        CronSchedule("@daily", timezone="europe/rome")


@pytest.mark.parametrize(
    "interval", [0, -5, 0.01, timedelta(0), timedelta(days=-1), timedelta.max, 10**400, float("nan"), "5s", True]
)
def test_an_interval_that_cannot_be_meant_is_refused(interval):
    with pytest.raises(ScheduleError, match="interval="):
        IntervalSchedule(interval)


def test_an_interval_under_a_day_is_elapsed_time_and_from_a_day_on_keeps_the_wall_clock():
    short = IntervalSchedule(12 * HOUR, timezone=NEW_YORK)
    gaps = short.next(4, after=datetime(2026, 3, 7))
    assert {b.astimezone(UTC) - a.astimezone(UTC) for a, b in pairwise(gaps)} == {12 * HOUR}
    daily = IntervalSchedule(24 * HOUR, anchor_date=datetime(2026, 1, 1, 2, 30), timezone=NEW_YORK)
    assert [text[5:16] for text in texts(daily.next(3, after=datetime(2026, 3, 7)))] == [
        "03-07T02:30",
        "03-08T03:00",
        "03-09T02:30",
    ]
    assert daily.previous(before=datetime(2026, 3, 9)).isoformat()[5:16] == "03-08T03:00"


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("FREQ=DAILY;COUNT=1000000000", "COUNT"),
        ("FREQ=SECONDLY", "FREQ"),
        ("FREQ=MINUTELY;BYMONTH=2", "BYMONTH"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never fires"),
        ("FREQ=MINUTELY;INTERVAL=90;BYHOUR=2", "never fires"),
        ("FREQ=MINUTELY;INTERVAL=7;BYHOUR=2", "divide"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "never fires"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20300101", "go together"),
        ("FREQ=DAILY;BYEASTER=1", "BYEASTER"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=WEEKLY;BYDAY=2MO", "numbered"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR"),
        ("FREQ=DAILY;UNTIL=20270231", "calendar"),
        ("DTSTART:20270101T000000\nRRULE:FREQ=DAILY", "one line"),
        (
            "FREQ=YEARLY;BYHOUR="
            + ",".join(map(str, range(24)))
            + ";BYMINUTE="
            + ",".join(map(str, range(60)))
            + ";BYSECOND=1,2",
            "a day",
        ),
        ("FREQ=DAILY;" * 100_000, "at most"),
        ("", "FREQ"),
        (None, "text"),
    ],
)
def test_a_refused_rule_names_its_part(rule, word):
    with pytest.raises(ScheduleError, match="rrule=") as caught:
        RRuleSchedule(rule)
    assert word in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=9", ["2026-11-30T09:00", "2026-12-31T09:00"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=-1FR", ["2026-11-27T00:00", "2026-12-25T00:00"]),
        ("FREQ=WEEKLY;INTERVAL=2", ["2026-11-28T00:00", "2026-12-12T00:00"]),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", ["2026-12-28T00:00", "2032-12-27T00:00"]),
        ("FREQ=DAILY;COUNT=9823", ["2026-11-22T00:00"]),
        ("FREQ=DAILY;UNTIL=20261122", ["2026-11-22T00:00"]),
        ("FREQ=MINUTELY;INTERVAL=15;BYHOUR=9;BYDAY=MO", ["2026-11-23T09:00", "2026-11-23T09:15"]),
    ],
)
def test_rules_of_calendars(rule, wanted):
    schedule = RRuleSchedule(rule)
    ticks = schedule.next(2, after=NOW)
    assert [text[:16] for text in texts(ticks)] == wanted
    assert schedule.previous(before=ticks[-1] + HOUR / 60) == ticks[-1]


def test_a_daily_rule_is_a_fixed_time_and_an_hourly_one_follows_elapsed_time():
    daily = RRuleSchedule("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", timezone=NEW_YORK)
    assert texts(daily.next(1, after=datetime(2026, 3, 8))) == ["2026-03-08T03:00:00-04:00"]
    hourly = RRuleSchedule("FREQ=HOURLY;BYMINUTE=30", timezone=NEW_YORK)
    assert texts(hourly.next(2, after=datetime(2026, 11, 1, 1))) == [
        "2026-11-01T01:30:00-04:00",
        "2026-11-01T01:30:00-05:00",
    ]


def test_dates_are_sorted_merged_and_read_in_the_zone():
    dates = DatesSchedule([date(2027, 1, 1), "2026-12-31T23:00:00Z", "2026-03-08T02:30"], timezone="Europe/Rome")
    assert texts(dates.next(9, after=NOW)) == ["2027-01-01T00:00:00+01:00"]
    for bad in [[], "2027-01-01", ["soon"], [5], None]:
        with pytest.raises(ScheduleError, match="dates="):
            DatesSchedule(bad)


def test_start_and_end_are_included():
    clock = CronSchedule("0 * * * *", start=NOW.replace(minute=0), end=NOW.replace(hour=12, minute=0))
    assert [tick.at.hour for tick in clock.between(datetime(2026, 1, 1), datetime(2027, 1, 1))] == [10, 11, 12]
    assert clock.previous(before=NOW.replace(hour=10, minute=0)) is None
    with pytest.raises(ScheduleError, match="end="):
        CronSchedule("@daily", start=NOW, end=NOW - HOUR)


def test_a_range_that_is_too_long_or_runs_backwards_is_refused():
    clock = CronSchedule("* * * * *")
    with pytest.raises(ScheduleError, match="more than 10 ticks"):
        clock.between(NOW, NOW + HOUR, limit=10)
    with pytest.raises(ScheduleError, match="earlier than the start"):
        clock.between(NOW, NOW - HOUR)
    for bad in [-1, 10**9, True, "5"]:
        with pytest.raises(ScheduleError, match="n="):
            clock.next(bad, after=NOW)
    for bad in ["soon", None, datetime(1, 1, 1), datetime(9999, 12, 31)]:
        with pytest.raises(ScheduleError, match="after="):
            clock.next(1, after=bad)


def test_a_schedule_ends_quietly_at_the_end_of_the_calendar():
    assert len(CronSchedule("@yearly").next(100_000, after=NOW)) == 9900 - 2026


def test_equal_instants_of_several_clocks_count_once_and_the_first_listed_counts():
    one = CronSchedule("0 9 * * *", parameters={"who": "one"})
    two = CronSchedule("0 9,17 * * *", parameters={"who": "two"})
    ticks = Schedule([one, two]).next_ticks(3, after=NOW)
    assert [(tick.at.hour, tick.parameters["who"]) for tick in ticks] == [(17, "two"), (9, "one"), (17, "two")]
    back = Schedule([one, two]).backward(NOW)
    assert [next(back).parameters["who"] for _ in range(2)] == ["one", "two"]


def test_filters_and_adjustments():
    hourly = CronSchedule("0 * * * *")
    at_work = Schedule([hourly], filters=[is_weekday, between_times(time(9), time(10))])
    assert [text[:16] for text in texts(at_work.next(3, after=NOW))] == [
        "2026-11-23T09:00",
        "2026-11-23T10:00",
        "2026-11-24T09:00",
    ]
    daily = CronSchedule("@daily")
    either = Schedule([daily], or_filters=[is_month_end, on_date(12, 24)], not_filters=[between_dates(12, 30, 1, 2)])
    assert [text[5:10] for text in texts(either.next(3, after=NOW))] == ["11-30", "12-24", "01-31"]
    moved = Schedule([daily], adjustments=[next_weekday, add(HOUR)])
    assert [text[5:16] for text in texts(moved.next(3, after=NOW))] == ["11-23T01:00", "11-24T01:00", "11-25T01:00"]
    assert moved.previous(before=NOW).isoformat()[5:16] == "11-20T01:00"
    with pytest.raises(ScheduleError, match="filters="):
        Schedule([CronSchedule("@monthly")], filters=[lambda at: False]).next(1, after=NOW)


@pytest.mark.parametrize(
    "adjustments",
    [
        [add(HOUR)],
        [add(-90 * DAY)],
        [next_weekday],
        [add(DAY), next_weekday],
        [next_weekday, add(-36 * HOUR)],
        [add(timedelta(minutes=90)), add(-DAY), next_weekday],
    ],
)
@pytest.mark.parametrize("month", [3, 10])  # in which the clocks change
def test_adjusted_ticks_are_all_that_were_moved_in_order_and_once(adjustments, month):
    clock = IntervalSchedule(5 * HOUR, timezone="Europe/Rome")
    first, last = datetime(2026, month, 10, tzinfo=UTC), datetime(2026, month, 10, tzinfo=UTC) + 30 * DAY
    moved = {_moved(tick, adjustments) for tick in clock.between(first - 100 * DAY, last + 100 * DAY)}
    expected = sorted(at for at in moved if first < at < last)
    schedule = Schedule([clock], adjustments=adjustments)
    found = [_instant(tick) for tick in takewhile(lambda tick: tick.at < last, schedule.forward(first))]
    assert found == expected
    back = [_instant(tick) for tick in takewhile(lambda tick: tick.at > first, schedule.backward(last))]
    assert back == expected[::-1]


def _instant(tick):
    return tick.at.astimezone(UTC)


def _moved(tick, adjustments):
    at = _instant(tick)
    for adjustment in adjustments:
        at = adjustment.moved(at, tick.at.tzinfo)
    return at


def test_of_many_moved_ticks_the_next_is_found_without_sorting_them_again_and_again():
    seconds = Schedule([IntervalSchedule(timedelta(seconds=1))], adjustments=[add(2 * HOUR), add(-HOUR)])
    assert seconds.next(1, after=NOW) == [NOW + timedelta(seconds=1)]
    minutes = Schedule([IntervalSchedule(timedelta(minutes=1))], adjustments=[add(DAY)])
    assert minutes.next(1, after=NOW) == [NOW + timedelta(minutes=1)]


def test_filters_that_let_nothing_pass_are_told(monkeypatch):
    monkeypatch.setattr("jupyter_flows.schedules.combined.MOST_MISSES", 1_000)
    with pytest.raises(ScheduleError, match="filters="):
        Schedule([CronSchedule("* * * * *")], filters=[lambda at: False]).next(1, after=NOW)


@pytest.mark.parametrize(
    ("catchup", "ticks", "left_out"),
    [(CatchUp.LATEST, [10], 3), (CatchUp.ALL, [7, 8, 9, 10], 0), (CatchUp.NONE, [], 4)],
)
def test_what_is_caught_up(catchup, ticks, left_out):
    hourly = CronSchedule("0 * * * *")
    planned = NOW.replace(hour=6, minute=0)
    due = due_ticks(hourly, planned=planned, now=NOW, catchup=catchup)
    assert ([tick.at.hour for tick in due.ticks], due.left_out) == (ticks, left_out)


@pytest.mark.parametrize("catchup", list(CatchUp))
def test_a_tick_in_time_always_runs_and_a_clock_that_went_back_makes_nothing_due(catchup):
    hourly = CronSchedule("0 * * * *")
    due = due_ticks(hourly, planned=NOW.replace(hour=9, minute=0), now=NOW.replace(minute=0, second=5), catchup=catchup)
    assert [tick.at.hour for tick in due.ticks] == [10]
    assert due_ticks(hourly, planned=NOW, now=NOW - HOUR, catchup=catchup).ticks == ()


def test_catching_up_is_bounded():
    due = due_ticks(CronSchedule("* * * * *"), planned=datetime(2000, 1, 1), now=NOW, catchup=CatchUp.ALL, limit=5)
    assert len(due.ticks) == 5 and due.ticks[-1].at == NOW and due.more_left_out


def test_jitter_is_the_same_for_the_same_tick_and_never_early():
    clock = CronSchedule("@daily", jitter=HOUR)
    for tick in clock.next_ticks(50, after=NOW):
        assert tick.at <= tick.starts_at("a") <= tick.at + HOUR
        assert tick.starts_at("a") == tick.starts_at("a") != tick.starts_at("b")
    with pytest.raises(ScheduleError, match="jitter="):
        CronSchedule("@daily", jitter=-HOUR)


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{tick:%Y-%m-%d}", "2026-11-01"),
        ("{tick}", "2026-11-01T01:30:00-05:00"),
        ("{previous_tick:%H:%M %Z}", "01:30 EDT"),
        ("{tick-1h:%H:%M %Z}", "01:30 EDT"),
        ("{tick-1d:%Y-%m-%dT%H:%M%z}", "2026-10-31T01:30-0400"),
        ("{today} {yesterday}", "2026-11-01 2026-10-31"),
        ("{today-1w:%A %d %B, week %V}", "Sunday 25 October, week 43"),
        ("{yesterday+1d:%j%%}", "305%"),
        ('{{"a": 1}} {tick:%s}', '{"a": 1} 1793514600'),
        ("plain", "plain"),
    ],
)
def test_templates_tell_the_tick_in_the_zone_of_the_schedule(template, wanted):
    tick = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert resolve_template(template, tick=tick, previous_tick=tick - HOUR, timezone=NEW_YORK) == wanted


@pytest.mark.parametrize(
    "template",
    [
        *[
            "{tick.__class__}",
            "{0}",
            "{}",
            "{tick!r}",
            "{now}",
            "{tick",
            "tick}",
            "{tick:%Q}",
            "{tick:%}",
            "{today-1h}",
        ],
        *["{tick-1}", "{tick-99999999999999d}", "{tick:{tick}}", "{tick[0]}", "{TICK}", "{tick-\u0663d}"],
    ],
)
def test_a_bad_template_is_refused_with_its_parameter_and_position(template):
    with pytest.raises(ScheduleError, match=r"parameters\['day'\].*at character"):
        CronSchedule("@daily", parameters={"day": [template]})


def test_templates_reach_into_lists_and_dicts_and_leave_the_rest():
    given = {"a": ["{today}", 5], "b": {"c": "{tick:%Y}"}, "d": None}
    assert resolve_parameters(given, tick=NOW) == {"a": ["2026-11-21", 5], "b": {"c": "2026"}, "d": None}
    with pytest.raises(ScheduleError, match="no tick before"):
        resolve_parameters({"x": "{previous_tick}"}, tick=NOW)
    with pytest.raises(ScheduleError, match="out of the calendar"):
        resolve_parameters({"x": "{tick-9999999d}"}, tick=NOW)


def test_parameters_must_be_json():
    for bad in [{"day": date(2026, 1, 1)}, {5: "x"}, ["x"], None]:
        with pytest.raises(ScheduleError, match="parameters="):
            CronSchedule("@daily", parameters=bad)


ALL_KINDS = [
    CronSchedule("0 9 * * 1-5", timezone="Europe/Rome", start=NOW, jitter=HOUR, parameters={"day": "{today}"}),
    IntervalSchedule(timedelta(seconds=5), anchor_date=datetime(2026, 1, 1)),
    RRuleSchedule("FREQ=DAILY;COUNT=5", dtstart=datetime(2027, 1, 1), timezone=NEW_YORK),
    DatesSchedule(["2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00-04:00"], timezone=NEW_YORK),
    Schedule(
        [CronSchedule("@hourly")], filters=[is_weekday, between_times(time(9), time(17))], adjustments=[add(HOUR)]
    ),
]


@pytest.mark.parametrize("schedule", ALL_KINDS, ids=lambda schedule: type(schedule).__name__)
def test_what_is_stored_comes_back_as_it_was(schedule):
    again = from_json(to_json(schedule))
    assert again == schedule and to_json(again) == to_json(schedule)
    after = datetime(2026, 10, 1)
    assert again.next(3, after=after) == schedule.next(3, after=after)
    assert pickle.loads(pickle.dumps(schedule)) == schedule


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "[]",
            "5",
            "null",
            "{}",
            '{"kind":"cron"}',
            '{"kind":"cron","cron":5}',
            '{"kind":["cron"]}',
            "[" * 100_000,
        ],
        *['{"kind":"cron","cron":"@daily","x":1}', '{"kind":"schedule","clocks":[]}', '{"kind":"schedule","clocks":5}'],
        *['{"kind":"interval","interval":1e400}', '{"kind":"cron","cron":"@daily","jitter":"x"}', '{"kind":"dates"}'],
        '{"kind":"schedule","clocks":[{"kind":"cron","cron":"@daily"}],"filters":[["__class__"]]}',
        '{"kind":"schedule","clocks":[{"kind":"cron","cron":"@daily"}],"filters":[["on_date",2,30]]}',
    ],
)
def test_hostile_stored_text_is_refused(text):
    with pytest.raises(ScheduleError):
        from_json(text)


def test_a_function_of_the_users_own_cannot_be_stored():
    with pytest.raises(ScheduleError, match="filters="):
        to_json(Schedule([CronSchedule("@daily")], filters=[lambda at: True]))


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        (CronSchedule("0 9 * * 1-5", timezone="Europe/Rome"), "at 09:00 on Monday to Friday, Europe/Rome"),
        (CronSchedule("*/15 * * * *"), "every 15 minutes, UTC"),
        (CronSchedule("* * * * *"), "every minute, UTC"),
        (CronSchedule("0 * * * *"), "every hour, on the hour, UTC"),
        (CronSchedule("0,30 9 1 * *"), "at 09:00 and 09:30 on day 1 of the month, UTC"),
        (CronSchedule("0 0 1 jan mon"), "at 00:00 on day 1 of the month or on Monday in January, UTC"),
        (CronSchedule("*/5 9-17 * * *"), "every 5 minutes of the hours 9 to 17, UTC"),
        (IntervalSchedule(timedelta(minutes=90), jitter=HOUR), "every 90 minutes, UTC, up to an hour later"),
        (IntervalSchedule(timedelta(days=1)), "every day, UTC"),
    ],
)
def test_schedules_in_words(schedule, wanted):
    assert describe(schedule) == wanted


def test_warnings_tell_what_the_next_changes_of_the_clocks_do():
    told = daylight_warnings(CronSchedule("30 2 * * *", timezone="Europe/Rome"), after=NOW)
    assert told == (
        "on 2027-03-28 the clocks of Europe/Rome change: 02:30 does not exist, it runs at 03:00 instead",
        "on 2027-10-31 the clocks of Europe/Rome change: 02:30 comes twice and runs once, the first time",
    )
    assert daylight_warnings(CronSchedule("30 9 * * *", timezone="Europe/Rome"), after=NOW) == ()
    assert daylight_warnings(CronSchedule("30 2 * * *"), after=NOW) == ()
    assert "runs twice" in daylight_warnings(CronSchedule("0 * * * *", timezone="Europe/Rome"), after=NOW)[1]
