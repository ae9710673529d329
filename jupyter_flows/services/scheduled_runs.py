"""Runs of a deployment before they begin: the one place that makes them, for schedules, people and backfills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.model.deployments import MANUAL, Deployment, DeploymentRun
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.records import FlowRunCreated, StateEntered
from jupyter_flows.model.states import SCHEDULED
from jupyter_flows.schedules import resolve_parameters
from jupyter_flows.store.queue import Queue


class RunFacts(TypedDict, total=False):
    """What is told of a run that is made; all of it may be left out.

    Parameters
    ----------
    parameters
        Of this run, on top of the deployment's own; texts of both may be templates of the tick.
    origin
        `MANUAL`, which is the default, `SCHEDULE`, `BACKFILL` or `EVENT`.
    due_at
        When it may start, in seconds since the epoch; at once when not given.
    tick
        The instant that it stands for, aware. Without one, templates are filled with the time when it is due.
    previous_tick
        The tick before it.
    timezone
        In which templates are told: that of the tick when not given.
    schedule_id
        Whose tick it is.
    backfill
        The backfill that it belongs to.
    priority
        The deployment's when not given.
    """

    parameters: Mapping[str, Any] | None
    origin: str
    due_at: float | None
    tick: datetime | None
    previous_tick: datetime | None
    timezone: str | None
    schedule_id: str | None
    backfill: str | None
    priority: int | None


def create_run(queue: Queue, deployment: Deployment, *, at: float, **facts: Unpack[RunFacts]) -> DeploymentRun:
    """Put one run of a deployment into the queue, made by `new_run`; a runner executes it.

    Raises
    ------
    ScheduleError
        A template in the parameters cannot be filled; nothing was written.
    StoreUnavailable
    """
    made = new_run(deployment, at=at, **facts)
    queue.add([made])
    return made.queued


def new_run(deployment: Deployment, *, at: float, **facts: Unpack[RunFacts]) -> NewRun:
    """Make a run of a deployment; nothing is written.

    Parameters
    ----------
    at
        Now, in seconds since the epoch.
    **facts
        See `RunFacts`.

    Raises
    ------
    ScheduleError
        A template cannot be filled.
    """
    definition, run_id = deployment.definition, new_run_id()
    due_at, tick, priority = facts.get("due_at"), facts.get("tick"), facts.get("priority")
    due = at if due_at is None else due_at
    told = tick or datetime.fromtimestamp(due, UTC)
    given = resolve_parameters(
        {**definition.parameters, **(facts.get("parameters") or {})},
        tick=told,
        previous_tick=facts.get("previous_tick"),
        timezone=facts.get("timezone") or _zone(told),
    )
    created = FlowRunCreated(
        run_id=run_id,
        name=f"{definition.name}-{run_id[:6]}",
        flow=definition.flow,
        kind=definition.kind,
        version="",
        parameters=json.dumps(given),
        tags=definition.tags,
        parent_run_id=None,
        parent_number=0,
        directory=None,
        owner=None,
        at=at,
        entry=definition.target,
    )
    queued = DeploymentRun(
        run_id=run_id,
        deployment_id=deployment.id,
        version=deployment.version,
        origin=facts.get("origin", MANUAL),
        due_at=due,
        schedule_id=facts.get("schedule_id"),
        tick=None if tick is None else tick.timestamp(),
        backfill=facts.get("backfill"),
        priority=definition.priority if priority is None else priority,
    )
    return NewRun(created, StateEntered(run_id, 0, 1, SCHEDULED, "Scheduled", "", at, 0), queued)


def _zone(at: datetime) -> str:
    """The name of an instant's zone; UTC for one that is only an offset."""
    return getattr(at.tzinfo, "key", "UTC")


__all__ = ["RunFacts", "create_run", "new_run"]
