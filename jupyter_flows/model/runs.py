"""One run as a store gives it back: what `ls`, `show`, `why`, the graph and the panel read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jupyter_flows.model.owner import Owner
from jupyter_flows.model.states import BAD, FOLLOWING, State


@dataclass(frozen=True, slots=True)
class FlowRun:
    """One execution of a flow, a notebook or a stand-alone task."""

    id: str
    name: str
    flow: str
    kind: str
    serial: int  # counts the runs of this flow from 1
    version: str
    parameters: str  # JSON object
    tags: tuple[str, ...]
    parent_run_id: str | None
    parent_number: int
    directory: str | None
    state: State
    attempts: int
    created_at: float
    started_at: float | None
    ended_at: float | None
    owner: Owner | None
    lease_until: float  # of a run that nobody owns yet: when it is due
    cancel_requested_at: float | None
    entry: str = ""  # where its code is to be found again: "module@file"; empty where it is nowhere
    lost_parameters: tuple[str, ...] = ()  # of which `parameters` has only a text for people
    value: str | None = None  # JSON of its value, where it completed and that is small
    state_version: int = 0


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One execution of a task or cell."""

    flow_run_id: str
    number: int
    name: str
    task: str
    kind: str
    tags: tuple[str, ...]
    upstreams: tuple[int, ...]
    map_id: int
    map_index: int
    parent: int
    state: State
    attempts: int
    created_at: float
    started_at: float | None
    ended_at: float | None
    version: str = ""  # of the task's code
    digest: int = 0  # of the call's plain arguments
    value: str | None = None  # JSON of its value, where it completed and that is small
    state_version: int = 0

    @property
    def id(self) -> str:
        """The task run's public id: its flow run's id and its number."""
        return f"{self.flow_run_id}-{self.number}"


def failed_task_runs(task_runs: Iterable[TaskRun]) -> list[TaskRun]:
    """The task runs that failed by themselves, in the order in which they failed; where there is none, all that did."""
    bad = [run for run in task_runs if run.state.kind in BAD]
    first_hand = [run for run in bad if run.state.name not in FOLLOWING] or bad
    return sorted(first_hand, key=lambda run: (run.ended_at is None, run.ended_at or 0.0, run.number))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one attempt failed."""

    number: int
    attempt: int
    error_type: str
    message: str
    traceback: str
    inputs: dict[str, str]


@dataclass(frozen=True, slots=True)
class StateChange:
    """One line of a run's history."""

    number: int
    version: int
    state: State
    attempt: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log record or printed line, in order of ``id``."""

    id: int
    number: int
    at: float
    level: int
    logger: str
    message: str


@dataclass(frozen=True, slots=True)
class RunInput:
    """What a paused or suspended run waits for, or was given.

    Parameters
    ----------
    key
        Of the pause; unique in its run.
    schema
        JSON schema of what is asked for; empty for nothing but the word.
    expires_at
        When nobody waits any more; None for never.
    value
        What was given, as JSON; None until then.
    """

    flow_run_id: str
    key: str
    schema: str
    asked_at: float
    expires_at: float | None = None
    value: str | None = None
    given_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return self.given_at is None


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which flow runs to list, newest first.

    Parameters
    ----------
    flow, state
        Flow name; state kind or name, in any case, several with commas between them.
    since, until
        Seconds since the epoch; runs created earlier, and those created later, are left out.
    tags
        Only runs that have all of these.
    deployment
        Only runs of the deployment of this name or id.
    parent
        Only the children of this run.
    standalone
        Whether tasks called outside any flow are listed too.
    search
        Words, in any case, each of which must stand in the flow's or run's name, a tag or the name of the state.
    """

    flow: str | None = None
    state: str | None = None
    since: float | None = None
    parent: str | None = None
    standalone: bool = False
    limit: int = 50
    offset: int = 0
    until: float | None = None
    tags: tuple[str, ...] = ()
    deployment: str | None = None
    search: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are searched for, in lower case; empty where any run will do."""
        return tuple(self.search.lower().split())

    @property
    def states(self) -> frozenset[str]:
        """The kinds and names of states, in lower case; empty where any will do."""
        return frozenset(word.strip().lower() for word in (self.state or "").split(",") if word.strip())
