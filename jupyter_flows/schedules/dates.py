"""Schedules that are a list of dates."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.clock import Clock
from jupyter_flows.schedules.wall_clock import instants_of
from jupyter_flows.schedules.zones import as_instant, as_local

__all__ = ["DatesSchedule"]

MOST_DATES = 100_000


@dataclass(frozen=True, slots=True)
class DatesSchedule(Clock):
    """Ticks at listed instants.

    Parameters
    ----------
    dates
        At least one datetime, date or ISO text, in any order. One without an offset is wall-clock time of the zone: one
        that does not exist there runs right after the gap, one that comes twice runs the first time.
        A date is its midnight.
    timezone, start, end, jitter, parameters
        As for every clock.

    Raises
    ------
    ScheduleError
        For an empty list and for what is no date.
    """

    dates: Sequence[datetime | date | str]
    instants: tuple[datetime, ...] = field(init=False, repr=False, compare=False)

    def prepare(self) -> None:
        given = cast("object", self.dates)
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise ScheduleError("dates", given, "give a list of dates")
        listed = list(cast("Iterable[object]", given))
        if not 1 <= len(listed) <= MOST_DATES:
            raise ScheduleError("dates", f"a list of {len(listed)}", f"give 1 to {MOST_DATES} dates")
        instants = tuple(sorted({self._instant(value) for value in listed}))
        object.__setattr__(self, "instants", instants)
        object.__setattr__(self, "dates", tuple(instant.astimezone(self.zone) for instant in instants))

    def _instant(self, value: object) -> datetime:
        local = as_local(value, self.zone, "dates")
        shown = as_instant(value, self.zone, "dates")
        if shown.astimezone(self.zone).replace(tzinfo=None) == local:
            return shown
        return next(iter(instants_of(local, self.zone, elapsed=False)), shown)

    def instants_after(self, after: datetime) -> Iterator[datetime]:
        return iter(self.instants[bisect_right(self.instants, after) :])

    def instants_before(self, before: datetime) -> Iterator[datetime]:
        return reversed(self.instants[: bisect_left(self.instants, before)])
