"""What every single clock has: a zone, a first and a last instant, jitter and parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, takewhile
from zoneinfo import ZoneInfo

from jupyter_flows.errors import ScheduleError
from jupyter_flows.model.exact_json import exact_json
from jupyter_flows.schedules.templates import check_templates
from jupyter_flows.schedules.tick import Tick
from jupyter_flows.schedules.tick_source import TickSource
from jupyter_flows.schedules.wall_clock import first_reading, in_order, last_reading
from jupyter_flows.schedules.zones import FIRST_INSTANT, LAST_INSTANT, as_instant, zone_of

__all__ = ["Clock", "WallClock"]

LONGEST_JITTER = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(TickSource):
    """One source of instants, between a start and an end.

    Parameters
    ----------
    timezone
        IANA name of the zone in which it is read; ``UTC`` when not given.
    start, end
        No tick is earlier than `start` or later than `end`; both may be ticks themselves.
    jitter
        A run starts up to this much (at most a day) after its tick, drawn from the tick: see `Tick.starts_at`.
    parameters
        Of the runs of this clock: JSON values; in their texts, templates such as ``{tick:%Y-%m-%d}``.
    """

    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    jitter: timedelta = timedelta()
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        zone = zone_of(self.timezone)
        for name in ("start", "end"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, as_instant(value, zone, name).astimezone(zone))
        if self.start and self.end and self.end.astimezone(UTC) < self.start.astimezone(UTC):
            raise ScheduleError("end", str(self.end), f"it is earlier than the start, {self.start}")
        _check_jitter(self.jitter)
        object.__setattr__(self, "parameters", _checked_parameters(self.parameters))
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Check the clock's own fields."""

    @abstractmethod
    def instants_after(self, after: datetime) -> Iterator[datetime]:
        """Give the instants in UTC strictly later than one, ascending, whatever start and end are."""

    @abstractmethod
    def instants_before(self, before: datetime) -> Iterator[datetime]:
        """Give the instants in UTC strictly earlier than one, descending, whatever start and end are."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone itself."""
        return zone_of(self.timezone)

    @property
    def main_timezone(self) -> str:
        return self.timezone

    def forward(self, after: datetime) -> Iterator[Tick]:
        if self.start is not None:
            after = max(after, self.start.astimezone(UTC) - _MOMENT)
        end = self.end.astimezone(UTC) if self.end is not None else LAST_INSTANT
        return self._ticks(takewhile(lambda instant: instant <= end, self.instants_after(after)))

    def backward(self, before: datetime) -> Iterator[Tick]:
        if self.end is not None:
            before = min(before, self.end.astimezone(UTC) + _MOMENT)
        start = self.start.astimezone(UTC) if self.start is not None else FIRST_INSTANT
        return self._ticks(takewhile(lambda instant: instant >= start, self.instants_before(before)))

    def _ticks(self, instants: Iterator[datetime]) -> Iterator[Tick]:
        zone, parameters, jitter = self.zone, self.parameters, self.jitter
        return (Tick(instant.astimezone(zone), parameters, jitter) for instant in instants)


@dataclass(frozen=True, slots=True, kw_only=True)
class WallClock(Clock):
    """A clock that names times as a clock on the wall shows them; `wall_clock` knows what a change of it means."""

    @property
    @abstractmethod
    def follows_elapsed_time(self) -> bool:
        """Whether its times stem from wildcards, which follow elapsed time when the clocks change."""

    @abstractmethod
    def readings(self, edge: datetime, *, forward: bool) -> Iterator[datetime]:
        """Give its wall-clock times from `edge` on, ascending where `forward`, else from `edge` down, descending.

        A few on the wrong side of the edge do no harm.
        """

    def instants_after(self, after: datetime) -> Iterator[datetime]:
        readings = self.readings(first_reading(after, self.zone), forward=True)
        instants = in_order(readings, self.zone, elapsed=self.follows_elapsed_time)
        return dropwhile(lambda instant: instant <= after, instants)

    def instants_before(self, before: datetime) -> Iterator[datetime]:
        readings = self.readings(last_reading(before, self.zone), forward=False)
        instants = in_order(readings, self.zone, elapsed=self.follows_elapsed_time, forward=False)
        return dropwhile(lambda instant: instant >= before, instants)


def _check_jitter(value: object) -> None:
    if not isinstance(value, timedelta) or not timedelta() <= value <= LONGEST_JITTER:
        raise ScheduleError("jitter", value, "give a timedelta from 0 to one day")


def _checked_parameters(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ScheduleError("parameters", value, "give a dict of names and JSON values")
    parameters: dict[str, object] = {**value}  # type: ignore[dict-item]
    for name, given in parameters.items():
        if exact_json({name: given}) is None:
            raise ScheduleError("parameters", {name: given}, "give JSON values (a date as text), as they are stored")
        check_templates(given, name)
    return parameters
