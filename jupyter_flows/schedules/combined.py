"""Several clocks as one schedule, with filters and adjustments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush, merge
from typing import Any
from zoneinfo import ZoneInfo

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.adjustments import Adjustment
from jupyter_flows.schedules.clock import Clock
from jupyter_flows.schedules.tick import Tick
from jupyter_flows.schedules.tick_source import TickSource
from jupyter_flows.schedules.zones import FIRST_INSTANT, LAST_INSTANT

__all__ = ["Schedule"]

MOST_CLOCKS = 100
MOST_MISSES = 600_000  # ticks in a row that no filter lets pass: more than a year of minutes
LONGEST_SEARCH = timedelta(days=366 * 41)  # dates and weekdays repeat every 40 years, also across 2100
_Passes = Callable[[datetime], bool]


@dataclass(frozen=True, slots=True)
class Schedule(TickSource):
    """The ticks of several clocks, in order, each instant once.

    Parameters
    ----------
    clocks
        One to a hundred clocks, such as `CronSchedule`. Where several tick at one instant, the first listed
        counts, with its zone, parameters and jitter.
    filters
        A tick must pass all of them: those of `jupyter_flows.schedules.filters`, or functions of an aware datetime.
    or_filters
        If there are any, a tick must pass at least one of them.
    not_filters
        A tick must pass none of them.
    adjustments
        Moves made after filtering, in turn: `next_weekday`, `add(interval)`.

    Raises
    ------
    ScheduleError
        For what is no clock, filter or adjustment; and, when asked, where the filters let nothing pass for long.
    """

    clocks: Sequence[Clock]
    filters: Sequence[_Passes] = ()
    or_filters: Sequence[_Passes] = ()
    not_filters: Sequence[_Passes] = ()
    adjustments: Sequence[Adjustment] = ()

    def __post_init__(self) -> None:
        for name in ("clocks", "filters", "or_filters", "not_filters", "adjustments"):
            given: object = getattr(self, name)
            if isinstance(given, str) or not isinstance(given, Iterable):
                raise ScheduleError(name, given, "give a list")
            object.__setattr__(self, name, tuple(given))  # pyright: ignore[reportUnknownArgumentType]
        if not 1 <= len(self.clocks) <= MOST_CLOCKS:
            raise ScheduleError("clocks", f"a list of {len(self.clocks)}", f"give 1 to {MOST_CLOCKS} clocks")
        _check("clocks", self.clocks, Clock, "a clock such as CronSchedule")
        for name in ("filters", "or_filters", "not_filters"):
            _check(name, getattr(self, name), Callable, "a filter such as is_weekday")
        _check("adjustments", self.adjustments, Adjustment, "next_weekday or add(...)")

    @property
    def main_timezone(self) -> str:
        return self.clocks[0].timezone

    def forward(self, after: datetime) -> Iterator[Tick]:
        least, most = self._reach()
        found = self._adjusted(_clip(after - most), least, forward=True)
        return (tick for instant, tick in found if instant > after)

    def backward(self, before: datetime) -> Iterator[Tick]:
        least, most = self._reach()
        found = self._adjusted(_clip(before - least), most, forward=False)
        return (tick for instant, tick in found if instant < before)

    def _reach(self) -> tuple[timedelta, timedelta]:
        reaches = [adjustment.reach for adjustment in self.adjustments]
        return sum((low for low, _ in reaches), timedelta()), sum((high for _, high in reaches), timedelta())

    def _adjusted(self, edge: datetime, reach: timedelta, *, forward: bool) -> Iterator[tuple[datetime, Tick]]:
        """Give moved ticks in order and once: each waits until no tick that is still to come can be moved past it."""
        if not self.adjustments:
            return self._passing(edge, forward=forward)
        return _once(self._in_order(edge, reach, 1 if forward else -1))

    def _in_order(self, edge: datetime, reach: timedelta, sign: int) -> Iterator[tuple[datetime, Tick]]:
        waiting: list[
            tuple[timedelta, int, tuple[datetime, Tick]]
        ] = []  # how far beyond the edge, and which came first
        for number, (instant, tick) in enumerate(self._passing(edge, forward=sign > 0)):
            moved = self._moved(instant, tick)
            heappush(waiting, (sign * (moved[0] - edge), number, moved))
            while waiting and waiting[0][0] <= sign * (instant + reach - edge):
                yield heappop(waiting)[2]
        yield from (moved for *_, moved in sorted(waiting))

    def _moved(self, instant: datetime, tick: Tick) -> tuple[datetime, Tick]:
        zone = tick.at.tzinfo
        assert isinstance(zone, ZoneInfo)
        for adjustment in self.adjustments:
            instant = adjustment.moved(instant, zone)
        return instant, tick._replace(at=instant.astimezone(zone))

    def _passing(self, edge: datetime, *, forward: bool) -> Iterator[tuple[datetime, Tick]]:
        misses, since = 0, edge
        for instant, tick in self._merged(edge, forward=forward):
            since = since if misses else instant
            if self._passes(tick.at):
                misses = 0
                yield instant, tick
            elif (misses := misses + 1) >= MOST_MISSES or abs(instant - since) > LONGEST_SEARCH:
                raise ScheduleError("filters", self.filters, f"none of {misses} ticks in a row passes them")

    def _passes(self, at: datetime) -> bool:
        return (
            all(passes(at) for passes in self.filters)
            and (not self.or_filters or any(passes(at) for passes in self.or_filters))
            and not any(passes(at) for passes in self.not_filters)
        )

    def _merged(self, edge: datetime, *, forward: bool) -> Iterator[tuple[datetime, Tick]]:
        sources = [clock.forward(edge) if forward else clock.backward(edge) for clock in self.clocks]
        keyed = [((tick.at.astimezone(UTC), tick) for tick in source) for source in sources]
        return _once(merge(*keyed, key=lambda item: item[0], reverse=not forward))


def _once(ticks: Iterable[tuple[datetime, Tick]]) -> Iterator[tuple[datetime, Tick]]:
    last: datetime | None = None
    for instant, tick in ticks:
        if instant != last:
            yield instant, tick
        last = instant


def _clip(instant: datetime) -> datetime:
    return min(max(instant, FIRST_INSTANT), LAST_INSTANT)


def _check(field: str, values: Iterable[object], kind: Any, wanted: str) -> None:
    for value in values:
        if not isinstance(value, kind):
            raise ScheduleError(field, value, f"give {wanted}")
