"""Backfills: one run of a deployment for each tick of its schedules in a range of the past."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.errors import ScheduleError
from jupyter_flows.model.deployments import BACKFILL, Deployment, StoredSchedule
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.schedules import Tick, TickSource, from_json
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.store.runs_of_deployments import RunOfDeployment

MOST_TICKS = 10_000
_MOMENT = timedelta(microseconds=1)


class Again(StrEnum):
    """Which ticks are run that have had a run already, by their schedule or by a backfill."""

    NONE = "none"
    FAILED = "failed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class BackfillTick:
    """A tick of the range.

    Parameters
    ----------
    tick
        The instant and its schedule's own parameters.
    previous
        The tick before it; None where it is the first of all.
    schedule_ids
        Of the schedules that tick then with these parameters.
    before
        The newest run that stands for it; None where it has none.
    """

    tick: Tick
    previous: datetime | None
    schedule_ids: tuple[str, ...]
    before: RunOfDeployment | None = None

    @property
    def at(self) -> datetime:
        """The instant, in the schedule's zone."""
        return self.tick.at


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """What a backfill does.

    Parameters
    ----------
    id
        Of the backfill; each of its runs keeps it.
    deployment
        At its newest version, whose code and parameters the runs have.
    first, end
        The range: its first instant, and the first one that is not in it any more.
    to_run
        The ticks that get a run, oldest first.
    completed, unfinished, failed
        The ticks that are left alone: their newest run completed, still waits or goes on, or did not complete.
    """

    id: str
    deployment: Deployment
    first: datetime
    end: datetime
    to_run: tuple[BackfillTick, ...]
    completed: tuple[BackfillTick, ...] = ()
    unfinished: tuple[BackfillTick, ...] = ()
    failed: tuple[BackfillTick, ...] = ()

    def run_of(self, one: BackfillTick, at: float, parameters: Mapping[str, Any]) -> NewRun:
        """Make the run of a tick; nothing is written.

        Parameters
        ----------
        at
            Now, in seconds since the epoch.
        parameters
            In place of the deployment's and the schedule's; texts may be templates.

        Raises
        ------
        ScheduleError
            A template cannot be filled for this tick.
        """
        return new_run(
            self.deployment,
            at=at,
            parameters={**one.tick.parameters, **parameters},
            origin=BACKFILL,
            tick=one.at,
            previous_tick=one.previous,
            timezone=str(one.at.tzinfo),
            schedule_id=one.schedule_ids[0],
            backfill=self.id,
        )


def range_of(schedules: Sequence[StoredSchedule], first: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    """Read the range of a backfill: texts without an offset are wall-clock time of the first schedule's zone.

    Returns
    -------
    The first instant, and the first that is not in the range any more: at the latest just after now.

    Raises
    ------
    ScheduleError
        A text is no instant, or the range is empty or lies in the future.
    """
    source = from_json(schedules[0].definition.source)
    with _told_of_the_range():
        # An ISO text is taken as well: see `TickSource`.
        begin, stop = source.instant(cast("datetime", first), "from"), source.instant(cast("datetime", end), "to")
        if stop <= begin:
            raise ScheduleError("to", end, f"it must be later than {first}: the range ends before it, itself left out")
        if begin > now:
            raise ScheduleError("from", first, "it is in the future, where the schedule itself runs")
    return begin, min(stop, now + _MOMENT)


def plan_backfill(
    deployment: Deployment,
    schedules: Sequence[StoredSchedule],
    existing: Iterable[RunOfDeployment],
    first: datetime,
    end: datetime,
    again: Again = Again.NONE,
) -> BackfillPlan:
    """Decide which ticks of a range get a run.

    Parameters
    ----------
    schedules
        Those whose ticks are meant; equal instants with equal parameters count once.
    existing
        The runs of the deployment that stand for ticks of the range, in the order of being made.
    first, end
        The range, its end left out.
    again
        A tick whose newest run waits or goes on is left alone whatever this is.

    Raises
    ------
    ScheduleError
        The range has too many ticks, or none.
    """
    with _told_of_the_range():
        ticks = _ticks(schedules, first, end)
        if not ticks:
            why = f"no schedule of {deployment.definition.name} ticks between {first} and it"
            raise ScheduleError("to", str(end), why)
    newest = _newest(existing, {one.id for one in schedules})
    decided: dict[str, list[BackfillTick]] = {"to_run": []}
    for tick in ticks:
        before = _before(tick, newest)
        decided.setdefault(_kept_from(before, again), []).append(replace(tick, before=before))
    return BackfillPlan(new_run_id(), deployment, first, end, **{name: tuple(kept) for name, kept in decided.items()})


def is_over(one: RunOfDeployment) -> bool:
    """Whether nothing of a run is left to execute; one that waits for a person is over for now."""
    state = one.run.state
    return state.is_completed() or state.is_paused() or (state.is_final() and one.queued.done_at is not None)


@contextmanager
def _told_of_the_range() -> Iterator[None]:
    """Let an error name what was given to the backfill: the schedule itself has nothing wrong with it."""
    try:
        yield
    except ScheduleError as error:
        field = {"start": "from", "end": "to"}.get(error.field, error.field)
        raise ScheduleError(field, error.value, error.why, "backfill") from None


def _kept_from(before: RunOfDeployment | None, again: Again) -> str:
    if before is None:
        return "to_run"
    state = before.run.state
    if state.is_cancelled() and before.run.started_at is None:
        return "to_run"  # it was never begun
    if state.is_completed():
        return "to_run" if again is Again.ALL else "completed"
    if not state.is_final() or before.queued.done_at is None:
        return "unfinished"
    return "failed" if again is Again.NONE else "to_run"


def _newest(existing: Iterable[RunOfDeployment], known: set[str]) -> dict[tuple[float, str], RunOfDeployment]:
    """The newest run of each tick by instant and schedule; a run of a schedule that is gone stands for any of them."""
    found: dict[tuple[float, str], RunOfDeployment] = {}
    for one in existing:
        of, at = one.queued.schedule_id or "", one.queued.tick
        if at is not None:
            found[at, of if of in known else ""] = one
    return found


def _before(tick: BackfillTick, newest: Mapping[tuple[float, str], RunOfDeployment]) -> RunOfDeployment | None:
    """The newest run of a tick: of equal schedules, whichever of them it was made for."""
    at = tick.at.timestamp()
    there = [newest[at, of] for of in (*tick.schedule_ids, "") if (at, of) in newest]
    return max(there, key=lambda one: one.run.created_at, default=None)


def _ticks(schedules: Sequence[StoredSchedule], first: datetime, end: datetime) -> list[BackfillTick]:
    found: dict[tuple[datetime, str], BackfillTick] = {}
    for schedule in schedules:
        for one in _of_schedule(schedule, first, end):
            key = one.at.astimezone(UTC), json.dumps(one.tick.parameters, sort_keys=True, default=str)
            merged = found.setdefault(key, one)
            if merged is not one:
                found[key] = replace(merged, schedule_ids=(*merged.schedule_ids, schedule.id))
    return sorted(found.values(), key=lambda one: one.at.timestamp())


def _of_schedule(schedule: StoredSchedule, first: datetime, end: datetime) -> Iterable[BackfillTick]:
    source: TickSource = from_json(schedule.definition.source)
    previous = source.previous(before=first)
    for at in _between(source, first, end):
        yield BackfillTick(at, previous, (schedule.id,))
        previous = at.at


def _between(source: TickSource, first: datetime, end: datetime) -> list[Tick]:
    last = end - _MOMENT
    return source.between(first, last, limit=MOST_TICKS) if last >= first else []


__all__ = ["Again", "BackfillPlan", "BackfillTick", "is_over", "plan_backfill", "range_of"]
