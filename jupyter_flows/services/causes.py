"""Why a run ended as it did: the first task or cell that failed, down through the runs that it called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_flows.model.runs import Failure, FlowRun, RunFilter, TaskRun, failed_task_runs
from jupyter_flows.model.states import BAD, FOLLOWING

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

# What a flow raises only because a task run that it asked for a value has none.
_ECHOES = FOLLOWING | {"FailedRun", "RunTimedOut", "RunCancelled", "RunCrashed"}
_DEEPEST = 20
_CHILDREN = 1000


@dataclass(frozen=True, slots=True)
class Cause:
    """Where a failure began.

    Parameters
    ----------
    run
        The run that was asked about.
    path
        From the run itself down to the run in which the failure began.
    task
        The task run or cell that failed there; None where the flow's own code raised.
    failure
        Its last failure, as it was recorded; None where none was.
    cells
        The notebook cells that the failure passed through, outermost first.
    others
        How many more task runs failed by themselves in the run where it began.
    """

    run: FlowRun
    path: tuple[FlowRun, ...]
    task: TaskRun | None = None
    failure: Failure | None = None
    cells: tuple[TaskRun, ...] = ()
    others: int = 0


def find_cause(store: RunReader, run: FlowRun) -> Cause | None:
    """Find where the failure of a run began; None for a run that did not fail.

    A task run is the cause when the flow's own error is that of the task run, or only says that it has no value. A
    flow that raised something else, having caught what its tasks raised, is its own cause.
    """
    if run.state.kind not in BAD:
        return None
    path, cells = [run], []
    cause = _in_one_run(store, run)
    while len(path) < _DEEPEST:
        child = _failed_child(store, path[-1], cause.task, cause.failure)
        if child is None:
            break
        if cause.task is not None and cause.task.kind == "cell":
            cells.append(cause.task)
        path.append(child)
        cause = _in_one_run(store, child)
    return Cause(run, tuple(path), cause.task, cause.failure, tuple(cells), cause.others)


def _in_one_run(store: RunReader, run: FlowRun) -> Cause:
    failures = {failure.number: failure for failure in store.failures(run.id)}
    failed = failed_task_runs(store.task_runs(run.id))
    own = failures.get(0)
    task = _blamed(run, failed, failures, own)
    if task is None:
        return Cause(run, (run,), None, own)
    return Cause(run, (run,), task, failures.get(task.number), others=len(failed) - 1)


def _blamed(
    run: FlowRun, failed: Sequence[TaskRun], failures: dict[int, Failure], own: Failure | None
) -> TaskRun | None:
    if not failed:
        return None
    if run.kind == "notebook" or own is None or own.error_type in _ECHOES:
        return failed[0]
    for task in failed:
        failure = failures.get(task.number)
        if failure is not None and _same(failure, own):
            return task
    return None


def _same(failure: Failure, own: Failure) -> bool:
    """Whether two failures are of one exception; a declared flow fails with its task's, and a message of its own."""
    if failure.error_type != own.error_type:
        return False
    return failure.message == own.message or bool(failure.traceback and failure.traceback == own.traceback)


def _failed_child(store: RunReader, run: FlowRun, task: TaskRun | None, failure: Failure | None) -> FlowRun | None:
    """The called run whose failure went up into this one."""
    children = store.flow_runs(RunFilter(parent=run.id, limit=_CHILDREN))
    failed = [child for child in reversed(children) if child.state.kind in BAD]
    if task is None:
        # A sub-flow that the flow called by itself; only the one whose error is the flow's own.
        return next((child for child in failed if _same_error(store, child, failure)), None)
    if task.kind == "cell":
        failed = [child for child in failed if _within(child, task) and _named_alike(store, child, failure)]
    else:
        failed = [child for child in failed if child.parent_number == task.number]
    return failed[-1] if failed else None


def _within(child: FlowRun, cell: TaskRun) -> bool:
    start = cell.started_at or cell.created_at
    return start <= child.created_at and (cell.ended_at is None or child.created_at <= cell.ended_at)


def _same_error(store: RunReader, child: FlowRun, failure: Failure | None) -> bool:
    if failure is None:
        return False
    own = _own_failure(store, child)
    return own is not None and _same(own, failure)


def _named_alike(store: RunReader, child: FlowRun, failure: Failure | None) -> bool:
    """Whether the cell raised what the run inside it did: it may have caught that, and failed of something else."""
    own = _own_failure(store, child)
    return failure is None or own is None or own.error_type == failure.error_type


def _own_failure(store: RunReader, run: FlowRun) -> Failure | None:
    return next((failure for failure in reversed(store.failures(run.id)) if failure.number == 0), None)
