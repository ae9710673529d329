"""What the next attempt of a run re-uses and what it must run again, each with its reason, before it starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from logging import INFO, WARNING
from typing import NamedTuple

from jupyter_flows.drivers.earlier_runs import EarlierRuns
from jupyter_flows.engine.ports import ResultStore, RunReader
from jupyter_flows.engine.remembering import NOT_KEPT
from jupyter_flows.errors import CannotResume, ResultMissing
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.runs import FlowRun, RunFilter, TaskRun, failed_task_runs
from jupyter_flows.model.states import CANCELLED, COMPLETED, CRASHED, SCHEDULED
from jupyter_flows.services.answering import check_answered

Load = Callable[[], object]
_MOST_CHILDREN = 1_000_000


@dataclass(frozen=True, slots=True)
class RunAgain:
    """A task run that the next attempt runs again.

    Parameters
    ----------
    reason
        In words, for people.
    """

    run: TaskRun
    reason: str


class GraphNode(NamedTuple):
    """A place in a flow's graph.

    Parameters
    ----------
    digests
        Of the calls that it makes: of its one call, and of the first of the calls that it is mapped to.
    upstream_tasks
        Names of the tasks whose values it takes or waits for.
    """

    digests: tuple[int, int]
    upstream_tasks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Code:
    """What the flow's code is now, as far as it is known before it runs.

    Parameters
    ----------
    version
        Of the flow; empty where it is not known.
    tasks
        Task name to version, of the tasks that are known.
    nodes
        Where the flow is declared as a graph: then every value that is needed is told by its edges.
    """

    version: str = ""
    tasks: Mapping[str, str] = field(default_factory=dict[str, str])
    nodes: tuple[GraphNode, ...] = ()


@dataclass(frozen=True, slots=True)
class ResumePlan:
    """The next attempt of a flow run, before it starts.

    Parameters
    ----------
    run
        The run as it stands, ended or Suspended.
    reused
        Task runs whose values are taken as they were kept.
    again
        Task runs that are run again. What the flow's code never called before is in neither.
    changed
        Whose code has changed since, in words.
    earlier
        What the driver needs to find them all.
    children
        Flow runs that this one called, oldest first.
    stay
        Task runs that failed and are left as they are.
    """

    run: FlowRun
    reused: tuple[TaskRun, ...]
    again: tuple[RunAgain, ...]
    changed: tuple[str, ...]
    earlier: EarlierRuns
    children: tuple[FlowRun, ...] = ()
    stay: tuple[TaskRun, ...] = ()

    @property
    def stood(self) -> Earlier:
        """How the flow run stands."""
        return Earlier(self.run.state.kind, self.run.state_version, self.run.attempts)


def plan_resume(
    reader: RunReader,
    results: Callable[[], ResultStore],
    run_id: str,
    at: float,
    code: Code | None = None,
    again: Collection[str] = (),
    of_child: bool = False,
    only: Collection[int] | None = None,
) -> ResumePlan:
    """Plan the next attempt of a flow run; a run whose owner is dead is recorded as Crashed first.

    Parameters
    ----------
    run_id
        Id, unique start of an id, or name.
    results
        Opens where values are kept; asked only where there are any.
    at
        Now, in seconds since the epoch.
    again
        Names of tasks that are to run again although their values were kept.
    of_child
        Whether it is resumed by the flow run that called it, which may need the value of a completed one.
    only
        Numbers of the task runs that are to be tried again, of those that failed by themselves; None for all.

    Raises
    ------
    CannotResume
        It completed, is still running, waits for input, is no run of a flow, or has no such task (run) to run again.
    RunNotFound, AmbiguousRun
    """
    code = code or Code()
    reader.record_dead(at)
    run = reader.flow_run(run_id)
    _check(run, of_child)
    check_answered(reader, run)
    task_runs = reader.task_runs(run.id)
    check_again(run, again, {*code.tasks, *(one.task for one in task_runs)})
    stay = _left_failed(run, task_runs, only)
    sources = _Sources(run.id, reader.results(run.id), results, frozenset(again))
    loads = {one.number: load for one in task_runs if (load := sources.load_of(one)) is not None}
    if code.nodes:
        sources.spare(task_runs, loads, {*again, *_needed_by_unborn(task_runs, code.nodes)})
    reused = tuple(one for one in task_runs if one.number in loads)
    repeated = tuple(
        RunAgain(one, sources.reason(one)) for one in task_runs if one.number not in loads and one.number not in stay
    )
    children = reader.flow_runs(RunFilter(parent=run.id, limit=_MOST_CHILDREN))
    earlier = EarlierRuns(task_runs, lambda one: loads.get(one.number), stay)
    changed = _changed(run, reused, code)
    left = tuple(stay.values())
    return ResumePlan(run, reused, repeated, changed, earlier, tuple(reversed(children)), left)


def _left_failed(run: FlowRun, task_runs: list[TaskRun], only: Collection[int] | None) -> dict[int, TaskRun]:
    if only is None:
        return {}
    failed = {one.number: one for one in failed_task_runs(task_runs)}
    unknown = [str(number) for number in only if number not in failed]
    if unknown:
        raise CannotResume(run.name, f"it has no failed task run {_listed(unknown)}")
    return {number: one for number, one in failed.items() if number not in only}


def is_unbegun(run: FlowRun) -> bool:
    """Whether a run was made ahead, and nobody has begun it."""
    return run.owner is None and run.state.kind is SCHEDULED


def first_attempt(run: FlowRun) -> ResumePlan:
    """Return the plan of a run that was made ahead and that nobody has begun.

    Raises
    ------
    CannotResume
        Somebody has.
    """
    if not is_unbegun(run):
        check_ended(run)
        raise CannotResume(run.name, "it has been begun before; resume it")
    return ResumePlan(run, (), (), (), EarlierRuns((), lambda _: None))


def _check(run: FlowRun, of_child: bool) -> None:
    if run.kind == "task":
        raise CannotResume(run.name, "it is a task that was called outside any flow; call it again")
    if run.kind != "flow":
        raise CannotResume(run.name, f"it is a {run.kind}'s run; run the {run.kind} again")
    if run.state.kind is COMPLETED and not of_child:
        raise CannotResume(run.name, "it completed; run the flow again for a new result")
    check_ended(run)


def check_ended(run: FlowRun) -> None:
    """Make sure that nobody runs a run any more.

    Raises
    ------
    CannotResume
    """
    if not run.state.is_final() and run.state.name != "Suspended":
        holder = f" in process {run.owner.pid} on {run.owner.host}" if run.owner else ""
        raise CannotResume(run.name, f"it is {run.state.name}{holder}; wait for its end, or cancel it first")


def check_again(run: FlowRun, again: Collection[str], known: Collection[str]) -> None:
    """Make sure that what is to run again is known.

    Raises
    ------
    CannotResume
    """
    unknown = [name for name in again if name not in known]
    if unknown:
        tasks = _listed(sorted(known)) or "none"
        raise CannotResume(run.name, f"it has no task {_listed(unknown)}; its tasks: {tasks}")


class _Sources:
    """Where the value of each finished task run is to be had."""

    def __init__(
        self, run_id: str, kept: Iterable[ResultKept], results: Callable[[], ResultStore], again: frozenset[str]
    ) -> None:
        self._run_id, self._results, self._again = run_id, results, again
        self._kept = {(one.number, one.attempt): one for one in kept}
        self._lost: dict[int, str] = {}
        self._proved: set[int] = set()  # values that have been loaded, or could not be

    def load_of(self, run: TaskRun) -> Load | None:
        """Return what gives a task run's value again, or None where it must run again."""
        if run.state.kind is not COMPLETED or run.task in self._again:
            return None
        if run.state.is_skipped():
            return _nothing
        if run.value is not None:
            return partial(json.loads, run.value)
        kept = self._kept.get((run.number, run.attempts))
        if kept is None:
            return None
        store = self._results()
        try:
            store.check(kept.result, kept.run_id, kept.number)
        except ResultMissing as missing:
            self._lost[run.number] = str(missing)
            return None
        return partial(store.read, kept.result, kept.run_id, kept.number)

    def spare(self, task_runs: list[TaskRun], loads: dict[int, Load], needed: Collection[str]) -> None:
        """Re-use completed task runs of a graph whose lost values nobody will read: all that took them are re-used.

        What is mapped over a value needs it all the same, to know its length. A value that spares another must be
        there beyond doubt, and is loaded once for that.

        Parameters
        ----------
        loads
            What gives each value again; changed.
        needed
            Names of tasks that are never spared.
        """
        takers: dict[int, list[TaskRun]] = {}
        for run in task_runs:
            for upstream in run.upstreams:
                takers.setdefault(upstream, []).append(run)
        for run in reversed(task_runs):
            taking = takers.get(run.number)
            if run.number in loads or run.state.kind is not COMPLETED or not taking or run.task in needed:
                continue
            if any(one.number not in loads or one.map_id for one in taking):
                continue
            if all(self._is_there(one, loads) for one in taking):
                loads[run.number] = _nothing

    def _is_there(self, run: TaskRun, loads: dict[int, Load]) -> bool:
        if run.number not in self._proved:
            self._proved.add(run.number)
            try:
                loads[run.number]()
            except ResultMissing as missing:
                self._lost[run.number] = str(missing)
                del loads[run.number]
        return run.number in loads

    def reason(self, run: TaskRun) -> str:
        """Say why a task run must run again."""
        kind, message = run.state.kind, run.state.message
        if run.task in self._again:
            return "asked for"
        if kind is COMPLETED:
            why = message.partition(NOT_KEPT)[2]
            not_kept = f": {why}" if why else " (persist_result=True keeps it)"
            return self._lost.get(run.number) or f"it completed, but its value was not kept{not_kept}"
        if run.state.name == "NotRun" or run.started_at is None:
            return "it never began"
        word = {CRASHED: "it was lost", CANCELLED: "it was cancelled"}.get(kind, "it failed")
        return f"{word}: {message}" if message else word


def _nothing() -> None:
    return None


def _needed_by_unborn(task_runs: Iterable[TaskRun], nodes: Iterable[GraphNode]) -> set[str]:
    """Tasks whose values are needed by what the earlier attempts never came to: no task run tells of it."""
    born = {run.digest for run in task_runs}
    return {name for node in nodes if born.isdisjoint(node.digests) for name in node.upstream_tasks}


def _changed(run: FlowRun, reused: Iterable[TaskRun], code: Code) -> tuple[str, ...]:
    changes: list[str] = []
    if code.version and run.version and code.version != run.version:
        changes.append(f"flow {run.flow} (version {run.version}, now {code.version})")
    old = {one.task: one.version for one in reused if one.version}
    changes += [
        f"task {name}, whose kept values are of its old code"
        for name, version in old.items()
        if code.tasks.get(name, version) != version
    ]
    return tuple(changes)


class Line(NamedTuple):
    """One line of what the next attempt will do; ``level`` as in `logging`."""

    level: int
    text: str


def told(plan: ResumePlan) -> list[Line]:
    """Say in lines what the next attempt will do; what may surprise is a warning. Of a first one, nothing."""
    run = plan.run
    if run.state.kind is SCHEDULED:
        return []
    lines = [Line(INFO, f"resuming {run.name} ({run.state.name}), attempt {run.attempts + 1}: {_counted(plan)}")]
    lines += [Line(WARNING, f"changed since: {change}") for change in plan.changed]
    if plan.changed and plan.reused:
        lines.append(Line(WARNING, f"re-used all the same: {_listed([one.name for one in plan.reused])}"))
    for one in plan.again[:_MOST_LINES]:
        level = WARNING if one.run.state.kind is COMPLETED else INFO
        lines.append(Line(level, f"runs again: {one.run.name}: {one.reason}"))
    if len(plan.again) > _MOST_LINES:
        lines.append(Line(INFO, f"runs again: {len(plan.again) - _MOST_LINES} more"))
    return lines


_MOST_LINES = 30


def _counted(plan: ResumePlan) -> str:
    reused, again = len(plan.reused), len(plan.again)
    finished = "finished task run is" if reused == 1 else "finished task runs are"
    left = f", {len(plan.stay)} left failed" if plan.stay else ""
    return f"{reused} {finished} re-used, {again} {'runs' if again == 1 else 'run'} again{left}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MOST_LINES]) + (
        f" and {len(names) - _MOST_LINES} more" if len(names) > _MOST_LINES else ""
    )


__all__ = [
    "Code",
    "GraphNode",
    "Line",
    "ResumePlan",
    "RunAgain",
    "check_again",
    "check_ended",
    "first_attempt",
    "is_unbegun",
    "plan_resume",
    "told",
]
