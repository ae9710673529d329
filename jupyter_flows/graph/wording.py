"""The one line of useful words under a name: what a person would want to know about that run just then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.pace import Pace
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model import states
from jupyter_flows.model.runs import Failure, TaskRun
from jupyter_flows.model.states import NAMES, State, StateKind

_NAMED = 2  # how many names a list of upstreams shows


@dataclass(frozen=True, slots=True)
class Told:
    """What is known beside the task runs themselves.

    Parameters
    ----------
    failures
        Task run number to its last failure.
    retries
        Task to its number of retries.
    now
        Seconds since the epoch, for what is still under way.
    usual
        Task, and whether it is mapped, to the seconds that it usually takes.
    """

    failures: Mapping[int, Failure] = field(default_factory=dict[int, Failure])
    retries: Mapping[str, int] = field(default_factory=dict[str, int])
    now: float | None = None
    usual: Mapping[tuple[str, bool], float] = field(default_factory=dict[tuple[str, bool], float])

    def pace(self, task: str, mapped: bool, runs: Sequence[TaskRun]) -> Pace | None:
        """How long the task runs of one box take beside what is usual; None where that says nothing."""
        usual = self.usual.get((task, mapped))
        starts = [run.started_at for run in runs if run.started_at is not None]
        ends = [run.ended_at for run in runs if run.ended_at is not None]
        last = max(ends, default=None) if len(ends) == len(runs) else self.now
        if usual is None or not starts or last is None or any(_says_nothing(run) for run in runs):
            return None
        return Pace(max(0.0, last - min(starts)), usual)


def _says_nothing(run: TaskRun) -> bool:
    """Whether the time of a task run says nothing: it did not run, or not to its end."""
    return run.state.name in {"Cached", "Skipped"} or (run.state.is_final() and run.state.kind is not states.COMPLETED)


def words(run: TaskRun, waits_for: Sequence[str], told: Told) -> str:
    """Say one line about a task run.

    Parameters
    ----------
    run
        The task run.
    waits_for
        Names of the upstreams that have not ended.
    told
        What else is known.
    """
    state = run.state
    time = elapsed(run.started_at, run.ended_at, told.now)
    said = first_line(state.message)
    match state.kind:
        case states.COMPLETED:
            return _completed(run, time, said)
        case states.RUNNING:
            return _joined(_try(run, run.attempts, told) if run.attempts > 1 else "", time) or "under way"
        case states.FAILED | states.CRASHED:
            return cause_words(state, told.failures.get(run.number)) or time
        case states.SCHEDULED if state.name == "AwaitingRetry":
            return _joined(_try(run, run.attempts + 1, told), said)
        case states.PENDING:
            return said or _waiting(state.name, waits_for)
        case states.PAUSED:
            return said or "waits for you"
        case states.CANCELLED if state.name == "NotRun":
            return said or "not reached"
        case _:
            return said or time


def _completed(run: TaskRun, time: str, said: str) -> str:
    if run.state.name == "Cached":
        return said or "from an earlier run"
    if run.state.name == "Skipped":
        return said
    return _joined(time, f"{run.attempts} tries" if run.attempts > 1 else "")


def _try(run: TaskRun, attempt: int, told: Told) -> str:
    retries = told.retries.get(run.task)
    return f"try {attempt} of {retries + 1}" if retries else f"try {attempt}"


def _waiting(name: str, waits_for: Sequence[str]) -> str:
    if name == "AwaitingSlot":
        return "waits for a slot"
    if not waits_for:
        return ""
    counts: dict[str, int] = {}
    for waited in waits_for:
        counts[waited] = counts.get(waited, 0) + 1
    shown = [f"{count} {waited}" if count > 1 else waited for waited, count in counts.items()]
    more = f" +{len(shown) - _NAMED}" if len(shown) > _NAMED else ""
    return f"waits for {', '.join(shown[:_NAMED])}{more}"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def cause_words(state: State, failure: Failure | None) -> str:
    """Say why a run failed, in one line: the exception and its first line."""
    if failure is None:
        return first_line(state.message)
    said = first_line(failure.message)
    if not failure.error_type or said.startswith(failure.error_type):
        return said or failure.error_type
    return f"{failure.error_type}: {said}" if said else failure.error_type


def run_label(run: TaskRun) -> str:
    """Name a task run so that it can be told from others of its task."""
    if run.map_id and run.name in {"", run.task}:
        return f"{run.task}[{run.map_index}]"
    return run.name or run.task


def counted_words(runs: Sequence[TaskRun], told: Told) -> str:
    """Say one line about several task runs in one box: how far, and for how long."""
    ended = [run for run in runs if run.state.is_final()]
    bad = sum(run.state.kind in states.BAD for run in ended)
    done = f"{len(ended)} of {len(runs)}"
    if bad:
        done = f"{bad} of {len(runs)} failed" if len(ended) == len(runs) else f"{done}, {bad} failed"
    starts = [run.started_at for run in runs if run.started_at is not None]
    ends = [run.ended_at for run in runs if run.ended_at is not None]
    last = max(ends, default=None) if len(ended) == len(runs) else None
    return _joined(done, elapsed(min(starts, default=None), last, told.now))


def counts_of(runs: Sequence[TaskRun]) -> dict[str, int]:
    """Count task runs by state name; a name of the user's own counts as the first of its kind."""
    counts: dict[str, int] = {}
    for run in runs:
        name = run.state.name if run.state.name in NAMES else _FIRST_OF_KIND[run.state.kind]
        counts[name] = counts.get(name, 0) + 1
    return counts


# Read backwards, so that the first name of a kind stays.
_FIRST_OF_KIND: dict[StateKind, str] = {kind: name for name, (kind, _) in reversed(list(NAMES.items()))}

# The state of a box that stands for several runs: the first of these that any of them is in.
_SHOWN = (
    states.RUNNING,
    states.PAUSED,
    states.CANCELLING,
    states.SCHEDULED,
    states.PENDING,
    states.FAILED,
    states.CRASHED,
    states.CANCELLED,
)


def state_of_all(runs: Sequence[TaskRun]) -> tuple[StateKind, str]:
    """Say where several runs stand together, as a kind and a name: under way as soon as one is and until all are."""
    kinds = {run.state.kind for run in runs}
    if kinds & states.FINAL and kinds & {states.PENDING, states.SCHEDULED}:
        return states.RUNNING, "Running"
    for kind in _SHOWN:
        if kind in kinds:
            return kind, next(run.state.name for run in runs if run.state.kind is kind)
    names = {run.state.name for run in runs}
    return states.COMPLETED, names.pop() if len(names) == 1 else "Completed"
