"""The cell that loads what a failed task run was given, and calls it once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_flows.authoring.task import Task
from jupyter_flows.model.runs import Failure, TaskRun


def inputs_code(run: TaskRun, failure: Failure, namespace: Mapping[str, Any]) -> str:
    """Write the cell.

    Parameters
    ----------
    namespace
        Where the notebook's names are: the task is called by the name that it has there.
    """
    first = f"%flow inputs {run.flow_run_id[:12]}-{run.number}"
    # A copy: the running cell may change the names meanwhile.
    names = [name for name, value in list(namespace.items()) if isinstance(value, Task) and value.name == run.task]
    if not names or not all(name.isidentifier() for name in failure.inputs):
        return first
    given = ", ".join(f"{name}={name}" for name in failure.inputs)
    return f"{first}\n{names[0]}.fn({given})"
