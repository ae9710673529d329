"""Runs of a deployment before they begin: the one place that makes them, for schedules, people and backfills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.model.deployments import MANUAL, Deployment, DeploymentRun
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.records import FlowRunCreated, StateEntered
from jupyter_flows.model.states import SCHEDULED
from jupyter_flows.schedules import resolve_parameters
from jupyter_flows.store.queue import Queue


def create_run(
    queue: Queue,
    deployment: Deployment,
    *,
    at: float,
    parameters: Mapping[str, Any] | None = None,
    origin: str = MANUAL,
    due_at: float | None = None,
    tick: datetime | None = None,
    previous_tick: datetime | None = None,
    timezone: str | None = None,
    schedule_id: str | None = None,
    backfill: str | None = None,
    priority: int | None = None,
) -> DeploymentRun:
    """Put one run of a deployment into the queue; a runner executes it. The parameters are those of `new_run`.

    Raises
    ------
    ScheduleError
        A template in the parameters cannot be filled; nothing was written.
    StoreUnavailable
    """
    made = new_run(
        deployment,
        at=at,
        parameters=parameters,
        origin=origin,
        due_at=due_at,
        tick=tick,
        previous_tick=previous_tick,
        timezone=timezone,
        schedule_id=schedule_id,
        backfill=backfill,
        priority=priority,
    )
    queue.add([made])
    return made.queued


def new_run(
    deployment: Deployment,
    *,
    at: float,
    parameters: Mapping[str, Any] | None = None,
    origin: str = MANUAL,
    due_at: float | None = None,
    tick: datetime | None = None,
    previous_tick: datetime | None = None,
    timezone: str | None = None,
    schedule_id: str | None = None,
    backfill: str | None = None,
    priority: int | None = None,
) -> NewRun:
    """Make a run of a deployment; nothing is written.

    Parameters
    ----------
    at
        Now, in seconds since the epoch.
    parameters
        Of this run, on top of the deployment's own; texts of both may be templates of the tick.
    origin
        `MANUAL`, `SCHEDULE`, `BACKFILL` or `EVENT`.
    due_at
        When it may start, in seconds since the epoch; at once when not given.
    tick
        The instant that it stands for, aware. Without one, templates are filled with the time when it is due.
    previous_tick
        The tick before it.
    timezone
        In which templates are told: that of the tick when not given.
    backfill
        The backfill that it belongs to.
    priority
        The deployment's when not given.

    Raises
    ------
    ScheduleError
        A template cannot be filled.
    """
    definition, run_id = deployment.definition, new_run_id()
    due = at if due_at is None else due_at
    told = tick or datetime.fromtimestamp(due, UTC)
    given = resolve_parameters(
        {**definition.parameters, **(parameters or {})},
        tick=told,
        previous_tick=previous_tick,
        timezone=timezone or _zone(told),
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
        origin=origin,
        due_at=due,
        schedule_id=schedule_id,
        tick=None if tick is None else tick.timestamp(),
        backfill=backfill,
        priority=definition.priority if priority is None else priority,
    )
    return NewRun(created, StateEntered(run_id, 0, 1, SCHEDULED, "Scheduled", "", at, 0), queued)


def _zone(at: datetime) -> str:
    """The name of an instant's zone; UTC for one that is only an offset."""
    return getattr(at.tzinfo, "key", "UTC")


__all__ = ["create_run", "new_run"]
