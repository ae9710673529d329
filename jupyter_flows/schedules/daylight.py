"""Warnings about changes of the clocks that touch a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from jupyter_flows.schedules.clock import Clock, WallClock
from jupyter_flows.schedules.combined import Schedule
from jupyter_flows.schedules.tick_source import TickSource
from jupyter_flows.schedules.wall_clock import LONGEST_GAP, offset_at, transition_between

__all__ = ["daylight_warnings"]

AHEAD = timedelta(days=400)
_DAY = timedelta(days=1)


def daylight_warnings(source: TickSource, *, after: datetime) -> tuple[str, ...]:
    """Return one sentence for each change of the clocks within 400 days that touches a schedule.

    A change touches it where the schedule names a time that does not exist on that day, or one that comes twice.
    """
    begin = source.instant(after, "after")
    clocks = tuple(source.clocks) if isinstance(source, Schedule) else ()
    if isinstance(source, Clock):
        clocks = (source,)
    found = [warning for clock in clocks if isinstance(clock, WallClock) for warning in _of_clock(clock, begin)]
    return tuple(dict.fromkeys(found))


def _of_clock(clock: WallClock, begin: datetime) -> Iterator[str]:
    if clock.follows_elapsed_time and not hasattr(clock, "cron") and not hasattr(clock, "rrule"):
        return  # an interval of elapsed time does not look at the wall
    for change in _changes(begin, clock.zone):
        if clock.end is None or change <= clock.end.astimezone(UTC):
            yield from _of_change(clock, change)


def _changes(begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    day = begin
    while day < begin + AHEAD:
        if offset_at(day, zone) != offset_at(day + _DAY, zone):
            yield transition_between(day, day + _DAY, zone)
        day += _DAY


def _of_change(clock: WallClock, change: datetime) -> Iterator[str]:
    before, after = offset_at(change - timedelta(seconds=1), clock.zone), offset_at(change, clock.zone)
    naive = change.replace(tzinfo=None)
    low, high = sorted((naive + before, naive + after))
    readings = takewhile(lambda at: at < high, clock.readings(low, forward=True))
    touched = next((at for at in readings if at >= low), None)
    if touched is None:
        return
    what = _gap_words(clock, change, high - low) if after > before else _overlap_words(clock)
    yield f"on {touched:%Y-%m-%d} the clocks of {clock.timezone} change: {touched:%H:%M} {what}"


def _gap_words(clock: WallClock, change: datetime, gap: timedelta) -> str:
    if clock.follows_elapsed_time or gap > LONGEST_GAP:
        return "does not exist, and nothing runs for it"
    return f"does not exist, it runs at {change.astimezone(clock.zone):%H:%M} instead"


def _overlap_words(clock: WallClock) -> str:
    return "comes twice and runs twice" if clock.follows_elapsed_time else "comes twice and runs once, the first time"
