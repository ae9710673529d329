"""Rows of the store as words of the model."""

from __future__ import annotations

import json
from typing import Any

from jupyter_flows.model.numbers import decode_numbers
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import ArtifactKept, ResultKept
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.runs import Failure, FlowRun, LogLine, RunInput, StateChange, TaskRun
from jupyter_flows.model.states import State, StateKind

Row = Any  # of the driver, or of SQLAlchemy: a tuple whose columns are attributes

_KINDS = {str(kind): kind for kind in StateKind}


def flow_run(row: Row) -> FlowRun:
    """Read a row of `tables.flow_runs`."""
    return FlowRun(
        id=row.id,
        name=row.name,
        flow=row.flow,
        kind=row.kind,
        serial=row.serial,
        version=row.version,
        parameters=row.parameters,
        tags=tuple(json.loads(row.tags)),
        parent_run_id=row.parent_run_id,
        parent_number=row.parent_number,
        directory=row.directory,
        state=_state(row.state_kind, row.state_name, row.state_message, row.state_at),
        attempts=row.attempts,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        owner=_owner(row),
        lease_until=row.lease_until or 0.0,
        cancel_requested_at=row.cancel_requested_at,
        entry=row.entry or "",
        lost_parameters=tuple(json.loads(row.lost_parameters or "[]")),
        value=row.value,
        state_version=row.state_version,
    )


def task_run(row: Row) -> TaskRun:
    """Read a row of `tables.task_runs`, in the order of its columns: a run may have ten thousand of them."""
    (
        run_id,
        number,
        name,
        task,
        kind,
        tags,
        upstreams,
        map_id,
        map_index,
        parent,
        state_kind,
        state_name,
        state_message,
        state_at,
        state_version,
        attempts,
        created_at,
        started_at,
        ended_at,
        version,
        digest,
        value,
    ) = tuple(row)
    state = State(_KINDS[state_kind], state_name, state_message or "", state_at)
    called = (name, task, kind, _tags(tags), decode_numbers(upstreams), map_id, map_index, parent)
    times = (attempts, created_at, started_at, ended_at)
    return TaskRun(run_id, number, *called, state, *times, version or "", digest or 0, value, state_version)


def _tags(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))


def state_change(row: Row) -> StateChange:
    """Read a row of `tables.states`."""
    return StateChange(row.number, row.version, _state(row.kind, row.name, row.message, row.at), row.attempt)


def failure(row: Row) -> Failure:
    """Read a row of `tables.failures`."""
    inputs = json.loads(row.inputs or "{}")
    return Failure(row.number, row.attempt, row.error_type, row.message, row.traceback, inputs)


def result_kept(row: Row) -> ResultKept:
    """Read a row of `tables.results`."""
    result = KeptResult(row.serializer, row.inline, row.location, row.size, row.sha256, row.signature)
    return ResultKept(row.flow_run_id, row.number, row.attempt, row.at, row.cache_key, row.expires_at, result)


def artifact_kept(row: Row) -> ArtifactKept:
    """Read a row of `tables.artifacts`."""
    return ArtifactKept(*row)


def run_input(row: Row) -> RunInput:
    """Read a row of `tables.run_inputs`."""
    return RunInput(row.flow_run_id, row.key, row.schema, row.asked_at, row.expires_at, row.value, row.given_at)


def log_line(row: Row) -> LogLine:
    """Read a row of `tables.logs`."""
    return LogLine(row.id, row.number, row.at, row.level, row.logger, row.message)


def _state(kind: str, name: str, message: str | None, at: float) -> State:
    return State(_KINDS[kind], name, message or "", at)


def _owner(row: Row) -> Owner | None:
    if row.owner_host is None:
        return None
    return Owner(
        row.owner_host,
        row.owner_boot_id or "",
        row.owner_pid or 0,
        row.owner_process_started or "",
        row.owner_token or "",
    )
