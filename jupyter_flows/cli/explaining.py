"""`jupyter flows why`."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.as_json import parameters_of, run_json, task_run_json
from jupyter_flows.cli.escaping import escaped_lines
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.explaining_deployments import explain_deployment
from jupyter_flows.cli.explaining_waiting import print_waiting, waiting_json, waiting_of
from jupyter_flows.cli.listing import SHORT_ID, title
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import RunNotFound
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.runs import FlowRun, TaskRun, failed_task_runs
from jupyter_flows.model.states import COMPLETED
from jupyter_flows.services.causes import Cause, find_cause
from jupyter_flows.services.consequences import consequences_of
from jupyter_flows.services.failing_place import failing_place

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_NAMED = 6
_STOPPED = "Interrupted"


def why(options: Namespace, screen: Screen) -> int:
    """Say why a run ended as it did, or where it stands, or what became of a deployment's ticks."""
    with opened_store() as store:
        try:
            run = store.flow_run(options.run)
        except RunNotFound:
            if (code := explain_deployment(options, screen)) is not None:
                return code
            raise
        cause = find_cause(store, run)
        now = time.time()
        sentence = plain_sentence(run, store, now)
        lost = consequences(store, cause)
    waiting = waiting_of(run, now)
    if options.json:
        told = why_json(run, cause, sentence)
        told.update(consequences=[task_run_json(one) for one in lost], waiting=waiting_json(waiting))
        screen.json(told)
        return GOOD
    screen.line(screen.state(run.state), "  ", Cell(title(run), "bold"), Cell(f"  {run.id}", "dim"))
    print_why(cause, sentence, screen, lost)
    print_waiting(run, waiting, screen)
    if cause is not None and screen.is_terminal:
        _print_ways_on(run, cause, screen)
    return GOOD


def print_why(cause: Cause | None, sentence: str, screen: Screen, lost: Sequence[TaskRun] = ()) -> None:
    """Print the cause of a failure, or one sentence about any other run.

    Parameters
    ----------
    lost
        What did not run because of it.
    """
    if cause is None or (cause.task is None and cause.failure is None):
        screen.line("  ", sentence)
        return
    for called in cause.path[1:]:
        screen.line(Cell("  in the run it called  ", "dim"), Cell(title(called), "bold"), Cell(f"  {called.id}", "dim"))
    for cell in cause.cells:
        screen.line(Cell("  through  ", "dim"), _what(cell))
    _print_fact(_what_happened(cause), _where(cause), screen)
    if place := _place(cause):
        _print_fact("at", f"{place['words']}{': ' + place['code'] if place['code'] else ''}", screen)
    _print_fact("error", _error(cause), screen)
    for name, value in _inputs(cause).items():
        _print_fact("with", f"{name} = {value}", screen)
    if cause.others:
        _print_fact("also", f"{cause.others} more failed by themselves", screen)
    if lost:
        _print_fact("not done because of it", _listed(lost), screen)
    if cause.failure is not None and cause.failure.traceback:
        screen.line("")
        for line in escaped_lines(cause.failure.traceback):
            screen.line(Cell(f"  {line}", "dim" if line.startswith(" ") else ""))


def why_json(run: FlowRun, cause: Cause | None, sentence: str) -> dict[str, Any]:
    """The cause as one JSON object; ``task``, ``error`` and ``traceback`` are null where nothing failed."""
    failure = None if cause is None else cause.failure
    described: dict[str, Any] = {"run": run_json(run), "explanation": sentence, "task": None, "error": None}
    described.update(inputs={}, place=None, traceback=None, cells=[], path=[run.id])
    if cause is None:
        return described
    described["explanation"] = _summary(cause)
    described["task"] = None if cause.task is None else task_run_json(cause.task)
    if failure is not None or cause.task is not None:
        message = failure.message if failure is not None else _error(cause)
        kind = failure.error_type if failure is not None else cause.task.state.name if cause.task else ""
        described["error"] = {"type": kind, "message": message}
    described["place"] = _place(cause)
    described["inputs"] = _inputs(cause)
    described["traceback"] = failure.traceback if failure is not None else None
    described["cells"] = [task_run_json(cell) for cell in cause.cells]
    described["path"] = [called.id for called in cause.path]
    return described


def plain_sentence(run: FlowRun, store: RunReader, now: float) -> str:
    """One sentence about how a run stands, for those that have no failure to explain."""
    kind, message = str(run.state.kind), run.state.message
    if kind == "completed":
        bad = len(failed_task_runs(store.task_runs(run.id)))
        extra = f", although {bad} task run{'s' if bad > 1 else ''} failed on the way" if bad else ""
        return f"It completed in {elapsed(run.started_at, run.ended_at) or 'no time'}{extra}."
    if kind == "cancelled":
        return f"It was cancelled: {message or 'somebody stopped it'}."
    if kind == "crashed":
        return f"It crashed, its own code did not fail: {message or 'its process was lost'}."
    if kind == "failed":
        return f"It failed: {message or 'no reason was recorded'}."
    since = elapsed(run.started_at or run.created_at, None, now)
    return f"It has not ended: {run.state.name} for {since}{f' ({message})' if message else ''}.{_doing(run, store)}"


def _doing(run: FlowRun, store: RunReader) -> str:
    """What an open run does and waits for, in its own tasks' words."""
    open_ones = [task for task in store.task_runs(run.id) if not task.state.is_final()]
    running = [first_line(task.name, 48) for task in open_ones if str(task.state.kind) == "running"]
    held = [task for task in open_ones if task.state.name in {"AwaitingSlot", "AwaitingRetry"} and task.state.message]
    said = f" It runs {_some(running)}." if running else ""
    return said + "".join(f" {_what(task)} waits: {first_line(task.state.message)}." for task in held[:2])


def consequences(store: RunReader, cause: Cause | None) -> list[TaskRun]:
    """List what did not run, or did not complete, because of a failure."""
    if cause is None or cause.task is None:
        return []
    return consequences_of(cause.task, store.task_runs(cause.task.flow_run_id))


def _listed(lost: Sequence[TaskRun]) -> str:
    return _some([f"cell {one.number}" if one.kind == "cell" else first_line(one.name, 48) for one in lost])


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _print_ways_on(run: FlowRun, cause: Cause, screen: Screen) -> None:
    """The commands that lead on from here, for a person."""
    short = run.id[:SHORT_ID]
    ways = [f"jupyter flows resume {short}"] if run.entry or run.kind == "notebook" else []
    if cause.task is not None:
        ways.append(f"jupyter flows open {short}")
    if ways and cause.run.state.kind is not COMPLETED:
        screen.line("")
        screen.line(Cell(f"  go on with  {'   or   '.join(ways)}", "dim"))


def _summary(cause: Cause) -> str:
    return f"{_where(cause)}: {_error(cause)}"


def _what_happened(cause: Cause) -> str:
    """What a failure was: code that was told to end, as by a runner that stops, has not failed."""
    ended = cause.path[-1].state if cause.task is None else cause.task.state
    if ended.name == _STOPPED:
        return "stopped in" if cause.task else "the flow's own code was stopped"
    return "first failed" if cause.task else "the flow's own code failed"


def _where(cause: Cause) -> str:
    return _what(cause.task) if cause.task is not None else cause.path[-1].flow


def _what(task: TaskRun) -> str:
    if task.kind == "cell":
        return f"cell {task.number}: {task.name}"
    index = f" [{task.map_index}]" if task.map_id and task.name == task.task else ""
    return f"{task.name}{index} (task run {task.number})"


def _place(cause: Cause) -> dict[str, Any] | None:
    """The line that failed: in words, its number, and its code."""
    found = failing_place(cause.failure, {})
    if found is None:
        return None
    # The cell is named already, by its place in the notebook; a kernel counts executions.
    in_cell = cause.task is not None and cause.task.kind == "cell" and found["words"].startswith("cell [")
    return {
        "words": f"line {found['line']}" if in_cell else found["words"],
        "line": found["line"],
        "code": found["code"],
    }


def _error(cause: Cause) -> str:
    failure, task = cause.failure, cause.task
    if failure is None:
        state = (task or cause.path[-1]).state
        return state.message or state.name
    named = failure.message.startswith(failure.error_type) or not failure.error_type
    return failure.message if named else f"{failure.error_type}: {failure.message}"


def _inputs(cause: Cause) -> dict[str, Any]:
    """What the failing call was given; of a flow's own code, its parameters."""
    if cause.failure is not None and cause.failure.inputs:
        return dict(cause.failure.inputs)
    return parameters_of(cause.path[-1]) if cause.task is None or cause.task.kind == "cell" else {}


def _print_fact(name: str, value: str, screen: Screen) -> None:
    screen.line(Cell(f"  {name}  ", "dim"), value)
