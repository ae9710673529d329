"""Making and ending backfills, whoever asks for it: the command line or a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_flows.errors import TargetError
from jupyter_flows.model.deployments import Deployment, StoredSchedule
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.states import CANCELLED, State
from jupyter_flows.services.backfill import Again, BackfillPlan, plan_backfill, range_of
from jupyter_flows.services.cancelling import request_cancel
from jupyter_flows.settings import Settings
from jupyter_flows.store.backfill_queue import TickRun, add_backfill, cancel_backfill, left_of_backfill

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader
    from jupyter_flows.store.queue import Queue
    from jupyter_flows.store.runs_of_deployments import RunsOfDeployments


class BackfillRange(NamedTuple):
    """The range of a backfill as it was asked for: texts, of which the second is left out."""

    first: str
    end: str
    again: Again = Again.NONE


class CancelledRuns(NamedTuple):
    """What became of the runs of a backfill that was cancelled: their ids."""

    ended: list[str]
    asked_to_stop: list[str]


def backfill_of(
    deployment: Deployment,
    schedules: Sequence[StoredSchedule],
    runs: RunsOfDeployments,
    wanted: BackfillRange,
    at: float,
) -> BackfillPlan:
    """Plan a backfill by what is in the store; nothing is written.

    Parameters
    ----------
    schedules
        Those of the deployment that are meant.
    at
        Now, in seconds since the epoch.

    Raises
    ------
    TargetError
        There is no schedule.
    ScheduleError
        The range cannot be meant, or has no tick, or too many.
    StoreUnavailable
    """
    if not schedules:
        name = deployment.definition.name
        raise TargetError(name, "it has no schedule whose times could run; deploy it with --cron, --every or --at")
    first, end = range_of(schedules, wanted.first, wanted.end, datetime.fromtimestamp(at, UTC))
    existing = runs.of_ticks(deployment.id, first.timestamp(), end.timestamp())
    return plan_backfill(deployment, schedules, existing, first, end, wanted.again)


def runs_of_plan(plan: BackfillPlan, at: float, parameters: Mapping[str, Any]) -> list[NewRun]:
    """Make the runs of a plan, oldest tick first; nothing is written.

    Raises
    ------
    ScheduleError
        A template cannot be filled.
    """
    return [plan.run_of(one, at, parameters) for one in plan.to_run]


def queue_backfill(queue: Queue, plan: BackfillPlan, runs: Sequence[NewRun], max_active: int, at: float) -> None:
    """Put the runs of a plan into the queue.

    Parameters
    ----------
    runs
        Made by `runs_of_plan`.
    max_active
        How many are executed at a time.

    Raises
    ------
    StoreUnavailable
        Nothing was written.
    """
    made = [TickRun(run, one.schedule_ids) for run, one in zip(runs, plan.to_run, strict=True)]
    add_backfill(queue, plan.id, made, max_active, at)


def end_backfill(queue: Queue, reader: RunReader, settings: Settings, backfill: str, at: float) -> CancelledRuns:
    """Cancel what is left of a backfill: at once what has not begun; what has is asked to stop.

    Raises
    ------
    StoreUnavailable
    """
    words = "its backfill was cancelled before it began"
    ended = cancel_backfill(queue, backfill, State(CANCELLED, "Cancelled", words, at))
    asked = left_of_backfill(queue, backfill)
    for run_id in asked:
        request_cancel(reader, settings, reader.flow_run(run_id), at)
    return CancelledRuns(ended, asked)


__all__ = ["BackfillRange", "CancelledRuns", "backfill_of", "end_backfill", "queue_backfill", "runs_of_plan"]
