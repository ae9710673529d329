"""What a machine has written down, made from its events."""

from __future__ import annotations

from jupyter_flows.engine.node import Node
from jupyter_flows.model.events import Outcome, TaskSubmitted
from jupyter_flows.model.numbers import encode_numbers
from jupyter_flows.model.records import FailureRecorded, TaskRunCreated


def task_run_created(run_id: str, event: TaskSubmitted) -> TaskRunCreated:
    """The birth of a task run."""
    spec, upstreams = event.spec, event.upstreams
    return TaskRunCreated(
        run_id,
        event.number,
        event.name,
        spec.name,
        spec.kind,
        spec.tags,
        encode_numbers([number for number, _ in upstreams]) if upstreams else "",
        event.map_id,
        event.map_index,
        event.parent,
        event.at,
        spec.version,
        event.digest,
    )


def failure_recorded(run_id: str, node: Node, outcome: Outcome) -> FailureRecorded:
    """Why an attempt failed."""
    return FailureRecorded(
        run_id,
        node.number,
        node.attempt,
        outcome.error_type,
        outcome.state.message,
        outcome.traceback,
        outcome.inputs,
    )
