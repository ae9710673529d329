"""What did not run, or did not complete, because of one failed task run."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_flows.model.runs import TaskRun
from jupyter_flows.model.states import COMPLETED, FOLLOWING

_NEVER = frozenset({"NotRun", "Skipped"})


def consequences_of(cause: TaskRun, task_runs: Sequence[TaskRun]) -> list[TaskRun]:
    """Return what a failure took along, by number.

    That is what comes after it, directly or not, and was not done for that reason; and each cell or task that was not
    reached at all.

    Parameters
    ----------
    cause
        The task run that failed first.
    task_runs
        All of its flow run.
    """
    after = _after(cause.number, task_runs)
    return [
        run
        for run in task_runs
        if run.state.name == "NotRun"
        or (run.number in after and (run.state.name in FOLLOWING | _NEVER or run.state.kind is not COMPLETED))
    ]


def _after(number: int, task_runs: Sequence[TaskRun]) -> set[int]:
    """Numbers of what depends on a task run; upstreams may have higher numbers, in graphs whose cells were moved."""
    children: dict[int, list[int]] = {}
    for run in task_runs:
        for upstream in run.upstreams:
            children.setdefault(upstream, []).append(run.number)
    found: set[int] = set()
    ahead = [number]
    while ahead:
        new = [child for child in children.get(ahead.pop(), ()) if child not in found and child != number]
        found.update(new)
        ahead += new
    return found


__all__ = ["consequences_of"]
