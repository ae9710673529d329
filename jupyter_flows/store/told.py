"""The states of task runs that their own rows tell, read back: see `store.fold`."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_flows.model.runs import StateChange, TaskRun
from jupyter_flows.model.states import State, pending, running


def with_told_states(task_runs: Iterable[tuple[TaskRun, int]], kept: list[StateChange]) -> list[StateChange]:
    """Return every state of these task runs, from the kept rows and from what the runs' own rows tell.

    Parameters
    ----------
    task_runs
        As their rows say (before a dead owner's runs are shown as Crashed), each with how many states it has had.
    kept
        What has a row of its own; states of the flow run itself among them.
    """
    versions: dict[int, set[int]] = {}
    for change in kept:
        versions.setdefault(change.number, set()).add(change.version)
    changes = list(kept)
    for run, count in task_runs:
        own = versions.get(run.number, set())
        changes += [
            StateChange(run.number, version, state, 1)
            for version, state in enumerate(_told(run)[:count], start=1)
            if version not in own
        ]
    return sorted(changes, key=lambda change: (change.state.at, change.number, change.version))


def _told(run: TaskRun) -> tuple[State, State, State]:
    return pending(run.created_at), running(run.started_at or run.created_at), run.state
