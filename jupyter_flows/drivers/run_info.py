"""A run as its own code, its hooks and its conditions see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.model.states import PAUSED


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Facts about a flow run or task run, as of when they were asked for.

    Parameters
    ----------
    run_count
        The attempt that is under way, from 1.
    loop_count, loop_result
        The round of a LOOP that is under way, from 1, and what the round before it gave.
    resumed
        Whether the task run was paused and somebody resumed the flow run.
    parent_run_id
        The flow run that called this flow run; of a task run, its flow run.
    deployment
        The name of the deployment that the flow run, or one around it, was made from; empty where it is of none.
    tick
        The instant that it stands for, in its schedule's zone; None where it was not made for one.
    scheduled_at
        When it was to start; None where it is of no deployment.
    """

    id: str
    name: str
    kind: str
    flow_name: str
    flow_run_id: str
    run_count: int
    tags: tuple[str, ...]
    parent_run_id: str | None
    version: str = ""
    task_name: str = ""
    map_index: int = -1
    loop_count: int = 1
    loop_result: Any = None
    resumed: bool = False
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    deployment: str = ""
    tick: datetime | None = None
    scheduled_at: datetime | None = None


def run_info(call: Call) -> RunInfo:
    """Describe a call."""
    run = call.run
    why = run.occasion
    deployment, tick, scheduled_at = ("", None, None) if why is None else (why.deployment, why.tick, why.scheduled_at)
    if call.number == 0:
        return RunInfo(
            run.id,
            run.name,
            run.spec.kind,
            run.spec.name,
            run.id,
            call.attempt,
            run.spec.tags,
            None if run.parent is None else run.parent.id,
            run.spec.version,
            parameters=run.parameters,
            deployment=deployment,
            tick=tick,
            scheduled_at=scheduled_at,
        )
    return RunInfo(
        call.id,
        call.name,
        call.spec.kind,
        run.spec.name,
        run.id,
        call.attempt,
        call.spec.tags,
        run.id,
        task_name=call.spec.name,
        map_index=call.map_index,
        loop_count=call.loop_count,
        loop_result=call.loop_result,
        resumed=call.earlier is not None and call.earlier.kind is PAUSED,
        deployment=deployment,
        tick=tick,
        scheduled_at=scheduled_at,
    )
