"""What every schedule answers: the next ticks, the one before, and those of a range."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.tick import Tick
from jupyter_flows.schedules.zones import FIRST_INSTANT, as_instant, zone_of

__all__ = ["TickSource"]

MOST_TICKS = 100_000  # of one answer; a year of minutes has five times as many
_MOMENT = timedelta(microseconds=1)


class TickSource(ABC):
    """A source of ticks; it reads no clock, so every question names its instant.

    Instants are given as aware datetimes; naive ones and ISO text are wall-clock time of the schedule's zone.
    """

    __slots__ = ()

    @abstractmethod
    def forward(self, after: datetime) -> Iterator[Tick]:
        """Give all ticks strictly later than an instant in UTC, ascending, without an end if the schedule has none."""

    @abstractmethod
    def backward(self, before: datetime) -> Iterator[Tick]:
        """Give all ticks strictly earlier than an instant in UTC, descending."""

    @property
    @abstractmethod
    def main_timezone(self) -> str:
        """The zone in which a question without an offset is read."""

    def next(self, n: int = 1, *, after: datetime) -> list[datetime]:
        """Return the next `n` ticks strictly later than `after`, as aware datetimes in the schedule's zone.

        Fewer come back where the schedule ends.

        Raises
        ------
        ScheduleError
            For an `n` that is not 0 to 100,000, and an `after` that is no instant.
        """
        return [tick.at for tick in self.next_ticks(n, after=after)]

    def next_ticks(self, n: int = 1, *, after: datetime) -> list[Tick]:
        """Return the next `n` ticks as `next` does, each with its parameters and jitter."""
        _check_count("n", n)
        return list(islice(self.forward(self.instant(after, "after")), n))

    def next_at(self, after: float) -> float | None:
        """Return the next tick strictly later than an instant, both in seconds since the epoch; None for none."""
        found = next(self.forward(datetime.fromtimestamp(after, UTC)), None)
        return found.at.timestamp() if found else None

    def previous(self, *, before: datetime) -> datetime | None:
        """Return the last tick strictly earlier than `before`; None where there is none."""
        found = next(self.backward(self.instant(before, "before")), None)
        return found.at if found else None

    def between(self, start: datetime, end: datetime, *, limit: int = MOST_TICKS) -> list[Tick]:
        """Return the ticks from `start` to `end`, both included: what a backfill runs.

        Raises
        ------
        ScheduleError
            Where the range runs backwards, or has more than `limit` ticks.
        """
        _check_count("limit", limit)
        first, last = self.instant(start, "start"), self.instant(end, "end")
        if last < first:
            raise ScheduleError("end", end, f"it is earlier than the start, {start}")
        found = takewhile(lambda tick: tick.at <= last, self.forward(max(first - _MOMENT, FIRST_INSTANT)))
        ticks = list(islice(found, limit + 1))
        if len(ticks) > limit:
            raise ScheduleError(
                "end", end, f"from {start} to it there are more than {limit} ticks; take a shorter range"
            )
        return ticks

    def instant(self, value: datetime, field: str) -> datetime:
        """Return an instant of a question in UTC."""
        return as_instant(value, zone_of(self.main_timezone), field)


def _check_count(field: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_TICKS:
        raise ScheduleError(field, value, f"give a whole number from 0 to {MOST_TICKS}")
