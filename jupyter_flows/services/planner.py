"""The planner: which ticks are due, what their runs are given, and when to look again. Any number of them may plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from jupyter_flows.errors import DeploymentNotFound, ScheduleError
from jupyter_flows.model.deployments import SCHEDULE, Deployment, StoredSchedule
from jupyter_flows.model.ticks import MISSED, REFUSED, DecidedTick, DueSchedule, DueTick
from jupyter_flows.schedules import CatchUp, Clock, Schedule, Tick, due_ticks, from_json
from jupyter_flows.schedules.policies import MOST_CAUGHT_UP
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.store.deployments import Deployments
from jupyter_flows.store.queue import Queue

_MOST_ROUNDS = 1000
AT_ONCE = 100  # schedules of one transaction: others may write in between
_GRACE = timedelta(seconds=60)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Planned(NamedTuple):
    """What one look brought.

    Parameters
    ----------
    decided
        Ticks that were decided now.
    next_at
        When the next tick of any schedule is due, in seconds since the epoch; None where there is none.
    """

    decided: list[DecidedTick]
    next_at: float | None


class Planner:
    """Decides due ticks.

    Parameters
    ----------
    queue
        Where due schedules are read and runs are put.
    deployments
        What the runs are made from.
    """

    def __init__(self, queue: Queue, deployments: Deployments) -> None:
        self._queue, self._stored = queue, deployments
        self._sources: dict[str, tuple[str, Schedule | Clock]] = {}
        self._deployments: dict[tuple[str, int], Deployment] = {}

    def plan(self, now: float) -> Planned:
        """Decide every tick that is due.

        Parameters
        ----------
        now
            Seconds since the epoch. Nothing later than this is ever decided.

        Raises
        ------
        StoreUnavailable
        """
        decided: list[DecidedTick] = []
        for _ in range(_MOST_ROUNDS):
            due = self._queue.due_schedules(now, AT_ONCE)
            found = [self._due(schedule, version, now) for schedule, version in due]
            decided += self._queue.decide([one for one in found if one is not None], now)
            if len(due) < AT_ONCE:
                break
        return Planned(decided, self._queue.next_tick_at())

    def _due(self, schedule: StoredSchedule, version: int, now: float) -> DueSchedule | None:
        try:
            return self._due_of(schedule, version, now)
        except DeploymentNotFound:  # deleted since it was read
            return None
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            # A schedule that cannot be read must never stop the others: it says why, and has no further tick.
            tick = DueTick(schedule.next_at or now, outcome=REFUSED, reason=str(error))
            return _due_schedule(schedule, now, None, (tick,))

    def _due_of(self, schedule: StoredSchedule, version: int, now: float) -> DueSchedule:
        source = self._source(schedule)
        planned, present = _instant(schedule.planned_at), _instant(now)
        catchup = CatchUp(schedule.definition.catchup)
        found = due_ticks(source, planned=planned, now=present, catchup=catchup, grace=_GRACE)
        deployment = self._deployment(schedule.deployment_id, version)
        ticks = [_due_tick(source, deployment, schedule, tick, now) for tick in found.ticks]
        if found.left_out:
            ticks += _missed(source, {tick.at for tick in found.ticks}, planned, present, found.more_left_out)
        following = next(source.forward(present), None)
        next_at = following.at.timestamp() if following else None
        return _due_schedule(schedule, now, next_at, tuple(sorted(ticks, key=lambda tick: tick.at)))

    def _source(self, schedule: StoredSchedule) -> Schedule | Clock:
        text, source = self._sources.get(schedule.id, ("", None))
        if source is None or text != schedule.definition.source:
            source = from_json(schedule.definition.source)
            self._sources[schedule.id] = schedule.definition.source, source
        return source

    def _deployment(self, deployment_id: str, version: int) -> Deployment:
        found = self._deployments.get((deployment_id, version))
        if found is None:
            found = self._deployments[deployment_id, version] = self._stored.version(deployment_id, version)
        return found


def _due_schedule(
    schedule: StoredSchedule, now: float, next_at: float | None, ticks: tuple[DueTick, ...]
) -> DueSchedule:
    return DueSchedule(
        schedule.id,
        schedule.deployment_id,
        schedule.definition.overlap,
        schedule.planned_at,
        max(schedule.planned_at, now),
        next_at,
        ticks,
    )


def _due_tick(
    source: Schedule | Clock, deployment: Deployment, schedule: StoredSchedule, tick: Tick, now: float
) -> DueTick:
    try:
        run = new_run(
            deployment,
            at=now,
            parameters=tick.parameters,
            origin=SCHEDULE,
            due_at=tick.starts_at(deployment.id).timestamp(),
            tick=tick.at,
            previous_tick=_previous(source, deployment, tick),
            schedule_id=schedule.id,
        )
    except ScheduleError as error:
        return DueTick(tick.at.timestamp(), outcome=REFUSED, reason=str(error))
    return DueTick(tick.at.timestamp(), run)


def _previous(source: Schedule | Clock, deployment: Deployment, tick: Tick) -> datetime | None:
    """The tick before, where somebody asks for it: finding it takes time."""
    asked = "previous_tick" in json.dumps([dict(tick.parameters), dict(deployment.definition.parameters)])
    return source.previous(before=tick.at) if asked else None


def _missed(
    source: Schedule | Clock, running: set[datetime], planned: datetime, present: datetime, more: bool
) -> Iterator[DueTick]:
    newest = takewhile(lambda tick: tick.at > planned, source.backward(present + timedelta(microseconds=1)))
    missed = [tick.at.timestamp() for tick in islice(newest, MOST_CAUGHT_UP + 1) if tick.at not in running]
    why = "nobody was there to run it when it was due"
    for place, at in enumerate(missed):
        earlier = more and place == len(missed) - 1
        yield DueTick(at, outcome=MISSED, reason=f"{why}; nor any earlier one" if earlier else why)


def _instant(at: float) -> datetime:
    """Cut to microseconds, never rounded up: what is not due yet must not be."""
    return _EPOCH + timedelta(microseconds=int(at * 1_000_000))


__all__ = ["Planned", "Planner"]
