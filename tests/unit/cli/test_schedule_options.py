from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_flows.cli.deployment_arguments import CATCHUPS, OVERLAPS, add_schedule
from jupyter_flows.cli.schedule_options import clocks_of
from jupyter_flows.cli.subcommands import Parser
from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules import CatchUp, DatesSchedule, Overlap, Schedule

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def typed(*argv: str) -> Namespace:
    parser = Parser("jupyter flows")
    add_schedule(parser.add_subparsers())
    return parser.parse_args(["schedule", "report.ipynb", *argv])


def times(*argv: str, number: int = 3) -> list[str]:
    found = Schedule(clocks_of(typed(*argv))).next(number, after=NOW)
    return [f"{at:%d %H:%M:%S}" for at in found]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--cron", "0 9 * * 1-5"], ["23 09:00:00", "24 09:00:00", "25 09:00:00"]),
        (["--every", "5s"], ["21 12:00:05", "21 12:00:10", "21 12:00:15"]),
        (["--at", "09:00,17:30"], ["21 17:30:00", "22 09:00:00", "22 17:30:00"]),
        (["--at", "9:15", "--at", "18:15"], ["21 18:15:00", "22 09:15:00", "22 18:15:00"]),
        (["--every", "1d", "--at", "06:00"], ["22 06:00:00", "23 06:00:00", "24 06:00:00"]),
        (["--every", "2d", "--at", "06:00", "--start", "2026-11-22"], ["22 06:00:00", "24 06:00:00", "26 06:00:00"]),
        (["--rrule", "FREQ=DAILY;BYHOUR=8;COUNT=3", "--start", "2026-11-01"], []),
        (["--at", "2026-11-22T07:00,2026-11-30"], ["22 07:00:00", "30 00:00:00"]),
        (["--cron", "0 9 * * *", "--cron", "0 10 * * *", "--end", "2026-11-22T09:30"], ["22 09:00:00"]),
    ],
)
def test_what_is_typed_ticks_as_it_says(argv, expected):
    assert times(*argv) == expected


def test_times_without_an_offset_are_of_the_zone_that_is_named():
    (clock,) = clocks_of(typed("--at", "2027-04-01T09:00", "--timezone", "Europe/Rome", "--jitter", "5m"))
    assert isinstance(clock, DatesSchedule)
    assert str(clock.next(1, after=NOW)[0]) == "2027-04-01 09:00:00+02:00"
    assert clock.jitter == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--cron", "5-2 * * * *"], "cron"),
        (["--cron", "0 0 31 2 *"], "cron"),
        (["--cron", "0 9 * * * *"], "cron"),
        (["--cron", "R 9 * * *"], "cron"),
        (["--cron", "\u0665 9 * * *"], "cron"),
        (["--cron", "0 " * 500_000], "cron"),
        (["--every", "0s"], "interval"),
        (["--rrule", "FREQ=DAILY;COUNT=1000000000"], "rrule"),
        (["--at", "25:00"], "dates"),
        (["--at", "tomorrow"], "dates"),
        (["--at", ""], "dates"),
        (["--at", "09:00", "--cron", "0 8 * * *"], "--every of whole days"),
        (["--at", "09:00", "--every", "36h"], "--every of whole days"),
        (["--at", "09:00", "--timezone", "Europe/Roma"], "Europe/Rome"),
        (["--timezone", "Europe/Rome"], "nothing says when it runs"),
        (["--every", "1h", "--start", "soon"], "start"),
        (["--every", "1h", "--start", "2027-01-02", "--end", "2027-01-01"], "end"),
        (["--every", "1h", "--jitter", "2d"], "jitter"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_short_line(argv, said):
    with pytest.raises(ScheduleError) as caught:
        clocks_of(typed(*argv))
    message = str(caught.value)
    assert said in message
    assert "\n" not in message
    assert len(message) < 600


def test_nothing_typed_is_no_schedule():
    assert clocks_of(typed()) == ()


def test_the_choices_are_those_of_the_policies():
    assert tuple(map(str, CatchUp)) == CATCHUPS
    assert tuple(map(str, Overlap)) == OVERLAPS
