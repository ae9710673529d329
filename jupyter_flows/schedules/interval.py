"""Schedules that tick every so often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.clock import WallClock
from jupyter_flows.schedules.zones import as_local

__all__ = ["ANCHOR", "IntervalSchedule"]

ANCHOR = datetime(2000, 1, 1)  # noqa: DTZ001 - a midnight on the wall, so that every 15 minutes is on the quarter hours
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=18_262)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class IntervalSchedule(WallClock):
    """Ticks on an even grid through an anchor.

    Parameters
    ----------
    interval
        A timedelta, or seconds: from one second to fifty years. Under a day it is elapsed time; from a day on the
        wall-clock time stays the same when the clocks change. Calendar steps, such as months, are cron or rrule.
    anchor_date
        A point of the grid (ticks lie before it too: see `start`); midnight of 1 January 2000 in the zone when
        not given.
    timezone, start, end, jitter, parameters
        As for every clock.

    Raises
    ------
    ScheduleError
        For an interval that is zero, negative, too small or too large.
    """

    interval: timedelta
    anchor_date: datetime = ANCHOR

    def prepare(self) -> None:
        object.__setattr__(self, "interval", _checked_interval(self.interval))
        anchor = as_local(self.anchor_date, self.zone, "anchor_date")
        object.__setattr__(self, "anchor_date", anchor)

    @property
    def keeps_wall_clock(self) -> bool:
        """Whether it is a day or more, and so counted on the wall clock."""
        return self.interval >= _DAY

    @property
    def follows_elapsed_time(self) -> bool:
        return not self.keeps_wall_clock

    def readings(self, edge: datetime, *, forward: bool) -> Iterator[datetime]:
        return _grid(self.anchor_date, self.interval, edge - _DAY if forward else edge + _DAY, forward=forward)

    def instants_after(self, after: datetime) -> Iterator[datetime]:
        if self.keeps_wall_clock:
            return WallClock.instants_after(self, after)
        return _grid(self._anchor, self.interval, after, forward=True)

    def instants_before(self, before: datetime) -> Iterator[datetime]:
        if self.keeps_wall_clock:
            return WallClock.instants_before(self, before)
        return _grid(self._anchor, self.interval, before, forward=False)

    @property
    def _anchor(self) -> datetime:
        return self.anchor_date.replace(tzinfo=self.zone).astimezone(UTC)


def _grid(anchor: datetime, interval: timedelta, edge: datetime, *, forward: bool) -> Iterator[datetime]:
    """Give the points of the grid strictly beyond an edge."""
    if forward:
        return (anchor + interval * step for step in count((edge - anchor) // interval + 1))
    return (anchor + interval * step for step in count(-((anchor - edge) // interval) - 1, -1))


def _checked_interval(value: object) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            value = timedelta(seconds=value)
        except (ValueError, OverflowError) as error:
            raise ScheduleError("interval", value, "give a timedelta, or seconds") from error
    if not isinstance(value, timedelta):
        raise ScheduleError("interval", value, "give a timedelta, or seconds")
    if not SHORTEST <= value <= LONGEST:
        raise ScheduleError("interval", str(value), "it must be from one second to fifty years")
    return value
