"""What a failed task run was given, brought back: to try it again by hand."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_flows.drivers.tracebacks import short_repr
from jupyter_flows.drivers.witness import Witness
from jupyter_flows.engine.ports import ResultStore, RunReader
from jupyter_flows.errors import JupyterFlowsError, TargetError
from jupyter_flows.model.runs import Failure, FlowRun, TaskRun
from jupyter_flows.services.kept_names import kept_values
from jupyter_flows.services.opened_notebook import MISSING, identifier, kept_for, literal

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")  # in a repr: another one in each process


@dataclass(slots=True)
class FailedInputs:
    """The inputs of a failed task run.

    Parameters
    ----------
    task
        What failed.
    values
        By the names under which they are to be bound.
    arguments
        The names of the call's own parameters, in order; of those without a value there is a note.
    notes
        What could not be brought back, and what to do.
    """

    task: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    arguments: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])

    def call(self, function: str) -> str:
        """The call that failed, as code; ``function`` is what to call."""
        return f"{function}({', '.join(f'{name}={name}' for name in self.arguments)})"


def failed_inputs(
    reader: RunReader, results: Callable[[], ResultStore], task_run: str, witness: Witness | None = None
) -> FailedInputs:
    """Bring back what a failed task run was given.

    From this process's memory where it ran here lately, else from what the store keeps: literals, and the values of
    the task runs before it.

    Parameters
    ----------
    task_run
        The flow run's id (or a unique start of it, or its name), a hyphen, and the task run's number.

    Raises
    ------
    TargetError
        There is no such task run, or nothing is known of what it was given.
    RunNotFound, AmbiguousRun
    """
    run_id, _, number = task_run.rpartition("-")
    if not number.isdecimal() or not run_id:
        raise TargetError(task_run, "give the flow run's id, a hyphen and the task run's number, such as 3f2a9c1b-7")
    run = reader.flow_run(run_id)
    found = next((one for one in reader.task_runs(run.id) if one.number == int(number)), None)
    if found is None:
        raise TargetError(task_run, f"run {run.name} has no task run {number}")
    failure = next((one for one in reversed(reader.failures(run.id)) if one.number == found.number), None)
    if failure is None:
        raise TargetError(task_run, f"{found.name} is {found.state.name}; inputs are kept of what failed")
    if run.kind == "notebook":
        return _of_cell(reader, results, run, found)
    held = None if witness is None else witness.inputs(found.id)
    if held is not None:
        return FailedInputs(found.name, dict(held), tuple(held))
    return _of_task(reader, results, run, found, failure)


def _of_cell(reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, failed: TaskRun) -> FailedInputs:
    restored, notes = kept_for(reader, results, run, failed)
    made = FailedInputs(failed.name, notes=list(notes))
    for number, names in restored.items():
        made.values.update(kept_values(run.id, number, names))
    return made


def _of_task(
    reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, failed: TaskRun, failure: Failure
) -> FailedInputs:
    made = FailedInputs(failed.name, arguments=tuple(failure.inputs))
    missing: list[str] = []
    for name, text in failure.inputs.items():
        value = literal(text)
        if value == MISSING:
            missing.append(name)
        else:
            made.values[name] = ast.literal_eval(value)
    given = _given(reader, results, run, failed) if missing else {}
    for name in missing:
        # An upstream's value is the one that was given where it reads the same.
        alike = [value for value in given.values() if _read(short_repr(value)) == _read(failure.inputs[name])]
        if alike:
            made.values[name] = alike[0]
        else:
            made.notes.append(f"`{name}` was `{failure.inputs[name]}`, and is not kept (persist_result=True keeps it)")
    return made


def _read(text: str) -> str:
    return _ADDRESS.sub("", text)


def _given(reader: RunReader, results: Callable[[], ResultStore], run: FlowRun, failed: TaskRun) -> Mapping[str, Any]:
    """What the task runs before it gave, as far as that was kept."""
    kept = {one.number: one.result for one in reader.results(run.id)}
    given: dict[str, Any] = {}
    for upstream in (one for one in reader.task_runs(run.id) if one.number in failed.upstreams):
        name = identifier(upstream.name)
        if upstream.value is not None:
            given[name] = json.loads(upstream.value)
        elif upstream.number in kept:
            try:
                given[name] = results().read(kept[upstream.number], run.id, upstream.number)
            except JupyterFlowsError:  # it is gone: a note says that it is not kept
                continue
    return given


__all__ = ["FailedInputs", "failed_inputs"]
