"""Two runs beside each other as JSON objects: the shape that scripts rely on, here and over the API."""

from __future__ import annotations

from typing import Any

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.services.comparing import ParameterComparison, RunComparison, TaskComparison, TaskSide


def comparison_json(found: RunComparison) -> dict[str, Any]:
    """What differs between two runs; durations in seconds."""
    return {
        "before": run_json(found.before),
        "after": run_json(found.after),
        "more_seconds": found.more_seconds,
        "code_changed": found.code_changed,
        "parameters": [_parameter_json(one) for one in found.parameters],
        "tasks": [_task_json(one) for one in found.tasks],
    }


def _parameter_json(one: ParameterComparison) -> dict[str, Any]:
    return {"name": one.name, "before": one.before, "after": one.after}


def _task_json(one: TaskComparison) -> dict[str, Any]:
    return {
        "task": one.task,
        "before": _side_json(one.before),
        "after": _side_json(one.after),
        "more_seconds": one.more_seconds,
        "duration_differs": one.duration_differs,
        "changed": list(one.changed),
    }


def _side_json(side: TaskSide | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "state": side.state,
        "seconds": side.seconds,
        "runs": side.runs,
        "attempts": side.attempts,
        "versions": sorted(side.versions),
    }


__all__ = ["comparison_json"]
