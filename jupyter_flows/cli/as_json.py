"""Runs, logs and failures as JSON objects: the shapes that scripts rely on."""

from __future__ import annotations

import json
from typing import Any

from jupyter_flows.cli.times import iso
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.model.runs import FlowRun, LogLine, TaskRun
from jupyter_flows.model.states import State


def state_json(state: State) -> dict[str, str]:
    """A state's kind, name and message."""
    return {"type": str(state.kind), "name": state.name, "message": state.message}


def run_json(run: FlowRun) -> dict[str, Any]:
    """A flow run as `ls` lists it."""
    return {
        "id": run.id,
        "name": run.name,
        "flow": run.flow,
        "kind": run.kind,
        "serial": run.serial,
        "state": state_json(run.state),
        **_times(run),
        "attempts": run.attempts,
        "parameters": parameters_of(run),
        "tags": list(run.tags),
        "parent_run_id": run.parent_run_id,
        "directory": run.directory,
    }


def task_run_json(run: TaskRun) -> dict[str, Any]:
    """A task run as `show` lists it."""
    return {
        "id": run.id,
        "name": run.name,
        "task": run.task,
        "kind": run.kind,
        "number": run.number,
        "state": state_json(run.state),
        **_times(run),
        "attempts": run.attempts,
        "upstreams": list(run.upstreams),
        "map_index": run.map_index if run.map_id else None,
        "map_id": run.map_id or None,
        "parent": run.parent or None,
        "tags": list(run.tags),
    }


def log_json(line: LogLine, level: str) -> dict[str, Any]:
    """A log line as `logs` lists it."""
    return {
        "at": iso(line.at),
        "level": level,
        "logger": line.logger,
        "number": line.number,
        "message": line.message,
    }


def artifact_json(artifact: ArtifactKept, run: FlowRun) -> dict[str, Any]:
    """An artifact as `artifacts` lists it; ``path`` is its file, ``url`` where a link leads."""
    path = artifact_path(artifact, run)
    return {
        "id": artifact.id,
        "key": artifact.key or None,
        "kind": artifact.kind,
        "description": artifact.description,
        "at": iso(artifact.at),
        "number": artifact.number,
        "media_type": artifact.media_type or None,
        "size": artifact.size if path is not None else None,
        "path": path,
        "url": artifact.location or None if path is None else None,
        "progress": artifact.progress,
    }


def artifact_path(artifact: ArtifactKept, run: FlowRun) -> str | None:
    """The file of an artifact; None where it has none."""
    if run.directory is None or not artifact.location or "://" in artifact.location:
        return None
    return f"{run.directory}/{artifact.location}"


def parameters_of(run: FlowRun) -> dict[str, Any]:
    """A run's parameters, as they were written down."""
    try:
        found = json.loads(run.parameters or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def duration(run: FlowRun | TaskRun) -> float | None:
    """Seconds from start to end; None before both are known."""
    if run.started_at is None or run.ended_at is None:
        return None
    return max(0.0, run.ended_at - run.started_at)


def _times(run: FlowRun | TaskRun) -> dict[str, Any]:
    return {
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "duration_seconds": duration(run),
    }
