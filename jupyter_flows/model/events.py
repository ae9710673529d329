"""What happened: facts told to a flow run's machine. ``at`` is seconds since the epoch, read by whoever tells.

``number`` names the run inside the flow run: 0 is the flow run itself, 1 and up are its task runs.
``call`` is the driver's own handle; a machine carries it along and never looks inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jupyter_flows.model.records import FlowRunCreated, FlowRunTakenUp, InputAsked, ResultKept
from jupyter_flows.model.specs import TaskSpec
from jupyter_flows.model.states import State, StateKind


class Outcome(NamedTuple):
    """How one attempt ended.

    ``may_retry`` is the answer of the user's retry condition, asked before the end was told.
    ``retry_at`` is set by the Retry signal. ``explicit`` means that the user chose the state himself.
    """

    state: State
    may_retry: bool = True
    again: bool = False
    retry_at: float | None = None
    explicit: bool = False
    error_type: str = ""
    traceback: str = ""
    inputs: str = ""
    kept: ResultKept | None = None
    value: str | None = None  # JSON of a completed run's value where that is small
    loop: bool = False  # the task asks for another round


class Earlier(NamedTuple):
    """How a run stood when its flow run went into a further attempt: the state it leaves, and its attempts until then.

    A machine that has seen the run end knows its ``version`` (how many states it has had) better than who submits it.
    """

    kind: StateKind
    version: int
    attempts: int


class FlowCalled(NamedTuple):
    """A flow was called; the first event of its machine."""

    at: float
    created: FlowRunCreated
    call: object


class FlowResumed(NamedTuple):
    """A flow run is taken up again, or one that was Scheduled without an owner; the first event of its new machine.

    ``skipped`` are the task runs that are not run again and were skipped, by number, with their names: what depends
    on them may be skipped too. ``failed`` are those that failed and stay so, with kind, name and title.
    """

    at: float
    taken_up: FlowRunTakenUp
    earlier: Earlier
    skipped: Mapping[int, str]
    call: object
    failed: Mapping[int, tuple[StateKind, str, str]] | None = None


class TaskSubmitted(NamedTuple):
    """A task was called, submitted or mapped.

    ``inline`` tasks run in their caller's thread; ``started`` ones have been started by the caller, who knew that no
    rule could hold them. ``stoppable`` says whether an attempt can be ended from outside.
    """

    at: float
    number: int
    spec: TaskSpec
    call: object
    name: str
    upstreams: tuple[tuple[int, bool], ...] = ()  # (number, whether its failure is allowed)
    externals: int = 0  # upstreams of other flow runs, told by `UpstreamSettled`
    map_id: int = 0
    map_index: int = 0
    parent: int = 0
    needs: tuple[tuple[str, int], ...] = ()  # (limit, slots)
    inline: bool = False
    started: bool = False
    stoppable: bool = True
    digest: int = 0
    earlier: Earlier | None = None


class UpstreamSettled(NamedTuple):
    """An upstream of another flow run ended; ``name`` is what it is called by."""

    at: float
    number: int
    state: State
    allow_failure: bool
    name: str = "an upstream of another run"


class AttemptStarted(NamedTuple):
    """User code begins."""

    at: float
    number: int
    attempt: int


class AttemptEnded(NamedTuple):
    """User code ended. ``draw`` in [0, 1) decides the jitter of a retry."""

    at: float
    number: int
    attempt: int
    outcome: Outcome
    draw: float = 0.5


class RunAbandoned(NamedTuple):
    """The caller of a run was interrupted while it waited; the run and all it started end in ``state``."""

    at: float
    number: int
    state: State


class TimerFired(NamedTuple):
    """A time that was asked for has come. ``what`` is ``retry`` or ``deadline``."""

    at: float
    number: int
    attempt: int
    what: str


class HooksFinished(NamedTuple):
    """The hooks of a final state have run."""

    at: float
    number: int


class HandlersAnswered(NamedTuple):
    """The state handlers of a run have been asked; ``state`` is what they made of the last state of the path."""

    at: float
    number: int
    attempt: int
    state: State


class SlotsGranted(NamedTuple):
    """Every slot that a task run needs is its own now."""

    at: float
    number: int


class SlotsAwaited(NamedTuple):
    """A task run waits for slots."""

    at: float
    number: int
    message: str


class FlowPaused(NamedTuple):
    """The flow's own code waits for somebody's word, in its process; ``asked`` is what for."""

    at: float
    message: str
    asked: InputAsked


class FlowContinued(NamedTuple):
    """The flow's own code goes on: the word was given, or is not waited for any more."""

    at: float


ASKED_TO_CANCEL = "it was asked to stop"
"""Why a run is cancelled where nothing else is known than that somebody asked."""


class CancelRequested(NamedTuple):
    """Somebody asked to stop the flow run; ``ending`` is what it and all in it end in, Cancelled when not given."""

    at: float
    message: str
    ending: State | None = None


class FailureSeen(NamedTuple):
    """Somebody has looked at a task run's end, so that its failure is not lost."""

    at: float
    number: int


Event = (
    FlowCalled
    | FlowResumed
    | TaskSubmitted
    | UpstreamSettled
    | AttemptStarted
    | AttemptEnded
    | RunAbandoned
    | TimerFired
    | HooksFinished
    | HandlersAnswered
    | SlotsGranted
    | SlotsAwaited
    | FlowPaused
    | FlowContinued
    | CancelRequested
    | FailureSeen
)
