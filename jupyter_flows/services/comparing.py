"""Two runs beside each other: what differs in parameters, code, states and durations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_flows.graph.wording import state_of_all
from jupyter_flows.model.runs import FlowRun, TaskRun
from jupyter_flows.model.states import StateKind

_STEADY = 0.1  # of a duration, and seconds: what is within both is no difference worth a word


@dataclass(frozen=True, slots=True)
class TaskSide:
    """All task runs of a task in one of the two runs.

    Parameters
    ----------
    kind, state
        That of all of them together.
    seconds
        From the first start to the last end; None while one goes on, or has not begun.
    runs, attempts
        How many task runs, and how often they were tried in all.
    versions
        Of the task's code, those that are known.
    """

    kind: StateKind
    state: str
    seconds: float | None
    runs: int
    attempts: int
    versions: frozenset[str]


@dataclass(frozen=True, slots=True)
class TaskComparison:
    """A task in both runs.

    Parameters
    ----------
    task
        Its name.
    before, after
        None where the run did not have it.
    """

    task: str
    before: TaskSide | None
    after: TaskSide | None

    @property
    def more_seconds(self) -> float | None:
        """How much longer it took in the second run; None where one of the two is not known."""
        sides = (self.before, self.after)
        known = [one.seconds for one in sides if one is not None and one.seconds is not None]
        return known[1] - known[0] if len(known) == 2 else None

    @property
    def duration_differs(self) -> bool:
        """Whether it took much longer or much shorter: by more than runs of the same code differ anyway."""
        more = self.more_seconds
        least = 0.0 if self.before is None else _STEADY * (self.before.seconds or 0.0)
        return more is not None and abs(more) > max(_STEADY, least)

    @property
    def changed(self) -> tuple[str, ...]:
        """What differs but for the duration: of ``presence``, ``state``, ``runs``, ``attempts`` and ``code``."""
        before, after = self.before, self.after
        if before is None or after is None:
            return ("presence",)
        found = {
            "state": before.state != after.state,
            "runs": before.runs != after.runs,
            "attempts": before.runs == after.runs and before.attempts != after.attempts,
            "code": bool(before.versions and after.versions and before.versions != after.versions),
        }
        return tuple(name for name, differs in found.items() if differs)


@dataclass(frozen=True, slots=True)
class ParameterComparison:
    """A parameter that differs.

    Parameters
    ----------
    name
        Of the parameter.
    before, after
        Its value as JSON text; None where the run did not have it.
    """

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs beside each other.

    Parameters
    ----------
    before, after
        The runs, in the order that was asked for.
    parameters
        Those that differ, by name.
    tasks
        All: those that differ otherwise than by their duration first, then by how much longer or shorter they took.
    """

    before: FlowRun
    after: FlowRun
    parameters: tuple[ParameterComparison, ...]
    tasks: tuple[TaskComparison, ...]

    @property
    def more_seconds(self) -> float | None:
        """How much longer the second run took; None where one of them has not ended."""
        before, after = seconds_of_all([self.before]), seconds_of_all([self.after])
        return None if before is None or after is None else after - before

    @property
    def code_changed(self) -> bool:
        """Whether the flow itself had other code, as far as that is known of both."""
        return bool(self.before.version and self.after.version and self.before.version != self.after.version)


def by_task(task_runs: Sequence[TaskRun]) -> dict[str, list[TaskRun]]:
    """Gather task runs by the name of their task, in order."""
    found: dict[str, list[TaskRun]] = {}
    for run in task_runs:
        found.setdefault(run.task or run.name, []).append(run)
    return found


def seconds_of_all(runs: Sequence[FlowRun | TaskRun]) -> float | None:
    """Seconds from the first start to the last end; None where one of them has not ended."""
    starts = [run.started_at for run in runs if run.started_at is not None]
    ends = [run.ended_at for run in runs if run.ended_at is not None]
    return max(0.0, max(ends) - min(starts)) if starts and len(ends) == len(runs) else None


def compare(
    before: FlowRun, before_tasks: Sequence[TaskRun], after: FlowRun, after_tasks: Sequence[TaskRun]
) -> RunComparison:
    """Hold two runs beside each other, of one flow or of two.

    Parameters
    ----------
    before_tasks, after_tasks
        The task runs of each.
    """
    first, second = by_task(before_tasks), by_task(after_tasks)
    names = dict.fromkeys([*second, *first])
    tasks = [TaskComparison(name, _side(first.get(name)), _side(second.get(name))) for name in names]
    tasks.sort(key=lambda one: (not one.changed, -abs(one.more_seconds or 0.0)))
    return RunComparison(before, after, _parameters(before, after), tuple(tasks))


def _side(task_runs: list[TaskRun] | None) -> TaskSide | None:
    if not task_runs:
        return None
    kind, state = state_of_all(task_runs)
    versions = frozenset(run.version for run in task_runs if run.version)
    attempts = sum(run.attempts for run in task_runs)
    return TaskSide(kind, state, seconds_of_all(task_runs), len(task_runs), attempts, versions)


def _parameters(before: FlowRun, after: FlowRun) -> tuple[ParameterComparison, ...]:
    first, second = _texts(before), _texts(after)
    return tuple(
        ParameterComparison(name, first.get(name), second.get(name))
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    )


def _texts(run: FlowRun) -> Mapping[str, str]:
    given: dict[str, Any] = json.loads(run.parameters or "{}")
    return {name: json.dumps(value, sort_keys=True, ensure_ascii=False) for name, value in given.items()}


__all__ = [
    "ParameterComparison",
    "RunComparison",
    "TaskComparison",
    "TaskSide",
    "by_task",
    "compare",
    "seconds_of_all",
]
