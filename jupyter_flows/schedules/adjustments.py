"""Adjustments of schedules: where a tick that passed the filters is moved to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.wall_clock import instants_of

__all__ = ["Adjustment", "add", "next_weekday"]

LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One move of a tick.

    Parameters
    ----------
    name
        ``add`` or ``next_weekday``.
    interval
        How far `add` moves.
    """

    name: str
    interval: timedelta = timedelta()

    @property
    def reach(self) -> tuple[timedelta, timedelta]:
        """The least and the most that it can move a tick, with room for a change of the clocks."""
        if self.name == "next_weekday":
            return timedelta(), 3 * _DAY
        room = timedelta() if self._is_elapsed else _DAY
        return self.interval - room, self.interval + room

    @property
    def _is_elapsed(self) -> bool:
        return self.name == "add" and abs(self.interval) < _DAY

    def moved(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant in UTC to which one in UTC is moved; from a day on the wall-clock time is kept."""
        local = instant.astimezone(zone)
        days = timedelta(days=max(0, 7 - local.weekday())) if local.weekday() >= 5 else timedelta()
        by = days if self.name == "next_weekday" else self.interval
        if not by or self._is_elapsed:
            return instant + by
        naive = local.replace(tzinfo=None) + by
        plain = naive.replace(tzinfo=zone).astimezone(UTC)
        return next(iter(instants_of(naive, zone, elapsed=False)), plain)


next_weekday = Adjustment("next_weekday")


def add(interval: timedelta) -> Adjustment:
    """Return an adjustment that moves every tick by an interval of at most a year, also backwards."""
    if not isinstance(interval, timedelta) or abs(interval) > LONGEST:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ScheduleError("adjustments", interval, "give add a timedelta of at most 366 days")
    return Adjustment("add", interval)
