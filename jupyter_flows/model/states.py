"""Where a run stands: the closed set of kinds, the field's names for them, and the one table of legal moves.

Nothing else in the project decides whether a run may go from one state to another.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from jupyter_flows.errors import FailedRun, IllegalTransition, RunCancelled, RunCrashed, RunPaused, UnfinishedRun


class StateKind(enum.Enum):
    """The closed kinds that rules look at. The *name* of a state carries nuance; the kind decides."""

    SCHEDULED = "scheduled"
    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    CRASHED = "crashed"
    CANCELLED = "cancelled"

    # Members are singletons: identity hashes four times faster than the name that Enum would hash.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return self._value_


SCHEDULED = StateKind.SCHEDULED
PENDING = StateKind.PENDING
RUNNING = StateKind.RUNNING
PAUSED = StateKind.PAUSED
CANCELLING = StateKind.CANCELLING
COMPLETED = StateKind.COMPLETED
FAILED = StateKind.FAILED
CRASHED = StateKind.CRASHED
CANCELLED = StateKind.CANCELLED

FINAL: frozenset[StateKind] = frozenset({COMPLETED, FAILED, CRASHED, CANCELLED})
BAD: frozenset[StateKind] = frozenset({FAILED, CRASHED})
FOLLOWING = frozenset({"UpstreamFailed", "TriggerFailed"})  # names of failures that only follow from another one

# From -> to. A run that ended is final, and only `resume` (the next attempt of its flow run) leaves that: a completed
# flow run never, and a completed task run only where its value is needed and was not kept.
TRANSITIONS: Mapping[StateKind, frozenset[StateKind]] = {
    SCHEDULED: frozenset({SCHEDULED, PENDING, RUNNING, CANCELLING, COMPLETED, FAILED, CRASHED, CANCELLED}),
    PENDING: frozenset({SCHEDULED, PENDING, RUNNING, PAUSED, CANCELLING, COMPLETED, FAILED, CRASHED, CANCELLED}),
    RUNNING: frozenset({SCHEDULED, PENDING, PAUSED, CANCELLING, COMPLETED, FAILED, CRASHED, CANCELLED}),
    PAUSED: frozenset({SCHEDULED, RUNNING, PAUSED, CANCELLING, FAILED, CRASHED, CANCELLED}),
    CANCELLING: frozenset({CRASHED, CANCELLED}),
    COMPLETED: frozenset({SCHEDULED}),
    FAILED: frozenset({SCHEDULED}),
    CRASHED: frozenset({SCHEDULED}),
    CANCELLED: frozenset({SCHEDULED}),
}

# The field's words, each with the one kind it belongs to and what causes it.
NAMES: Mapping[str, tuple[StateKind, str]] = {
    "Scheduled": (SCHEDULED, "will run at a known time"),
    "Late": (SCHEDULED, "should have started already"),
    "AwaitingRetry": (SCHEDULED, "an attempt failed; the next one has a time"),
    "Pending": (PENDING, "waits for what it depends on, or for a free worker"),
    "AwaitingSlot": (PENDING, "waits for a slot of a concurrency limit"),
    "Running": (RUNNING, "the first attempt is under way"),
    "Retrying": (RUNNING, "a later attempt is under way"),
    "Looping": (RUNNING, "the LOOP signal asked for this further round"),
    "Paused": (PAUSED, "waits in its process for somebody's word"),
    "Suspended": (PAUSED, "waits for somebody's word; its process may end"),
    "Cancelling": (CANCELLING, "asked to stop; what runs is being ended"),
    "Completed": (COMPLETED, "ended well"),
    "Cached": (COMPLETED, "its value was kept from an earlier run"),
    "Mapped": (COMPLETED, "has been spread over its children"),
    "Skipped": (COMPLETED, "the SKIP signal, or an upstream was skipped"),
    "Failed": (FAILED, "user code raised"),
    "TimedOut": (FAILED, "a time limit passed"),
    "TriggerFailed": (FAILED, "its trigger refused the states of its upstreams"),
    "ValidationFailed": (FAILED, "the VALIDATIONFAIL signal: what it made is not what it should be"),
    "UpstreamFailed": (FAILED, "a future it needs failed"),
    "Crashed": (CRASHED, "the owner was found dead"),
    "KernelDied": (CRASHED, "the kernel process died"),
    "WorkerLost": (CRASHED, "the worker process died"),
    "Interrupted": (CRASHED, "its process was told to terminate (SIGTERM)"),
    "Cancelled": (CANCELLED, "Ctrl-C, a kernel interrupt, or a cancel request"),
    "NotRun": (CANCELLED, "a cell or task that was never reached"),
}


class Standing:
    """What is asked of whatever says where a run stands: a state, or a signal that means one."""

    __slots__ = ()

    kind: StateKind
    name: str

    @property
    def type(self) -> StateKind:
        """The kind, by the word that Prefect's users know."""
        return self.kind

    def is_final(self) -> bool:
        """Whether nothing more will happen to the run by itself."""
        return self.kind in FINAL

    def is_scheduled(self) -> bool:
        """Whether the run waits for a time."""
        return self.kind is SCHEDULED

    def is_pending(self) -> bool:
        """Whether the run waits for upstreams, a slot or a worker."""
        return self.kind is PENDING

    def is_running(self) -> bool:
        """Whether an attempt is under way."""
        return self.kind is RUNNING

    def is_paused(self) -> bool:
        """Whether the run waits for somebody's word."""
        return self.kind is PAUSED

    def is_cancelling(self) -> bool:
        """Whether the run was asked to stop and has not yet stopped."""
        return self.kind is CANCELLING

    def is_completed(self) -> bool:
        """Whether the run ended well (also when skipped or cached)."""
        return self.kind is COMPLETED

    def is_failed(self) -> bool:
        """Whether user code raised, a time limit passed or an upstream failed."""
        return self.kind is FAILED

    def is_crashed(self) -> bool:
        """Whether the machinery lost the run."""
        return self.kind is CRASHED

    def is_cancelled(self) -> bool:
        """Whether somebody stopped the run."""
        return self.kind is CANCELLED

    def is_skipped(self) -> bool:
        """Whether the run was skipped."""
        return self.name == "Skipped"

    def is_cached(self) -> bool:
        """Whether the value was kept from an earlier run."""
        return self.name == "Cached"

    def is_mapped(self) -> bool:
        """Whether the run was spread over children."""
        return self.name == "Mapped"

    def is_retrying(self) -> bool:
        """Whether the run is in, or waits for, a later attempt."""
        return self.name in {"Retrying", "AwaitingRetry"}

    def is_looped(self) -> bool:
        """Whether the run is in a further round of a LOOP."""
        return self.name == "Looping"

    # The words of Prefect 1.
    is_successful = is_completed
    is_finished = is_final


@dataclass(frozen=True, slots=True)
class State(Standing):
    """Where a run stands.

    Parameters
    ----------
    kind
        One of the closed `StateKind`.
    name
        The field's word, a key of `NAMES` or a name of the user's own.
    message
        One line for people.
    at
        Seconds since the epoch.
    data
        The value of a completed run, the exception of a failed one.
    """

    kind: StateKind
    name: str
    message: str = ""
    at: float = 0.0
    data: object = None

    @property
    def timestamp(self) -> datetime:
        """When the run came to this state, in UTC."""
        return datetime.fromtimestamp(self.at, UTC)

    def result(self, raise_on_failure: bool = True) -> object:
        """Return the run's value, or raise why there is none.

        Parameters
        ----------
        raise_on_failure
            When false, the exception is returned instead of raised.

        Raises
        ------
        BaseException
            The stored exception of a failed run.
        FailedRun, RunCancelled, RunCrashed, RunPaused, UnfinishedRun
            Where the run ended (or stands) without a value and without an exception of its own.
        """
        if self.kind is COMPLETED:
            return self.data
        __tracebackhide__ = True
        error = self.data if isinstance(self.data, BaseException) else _REASON.get(self.kind, UnfinishedRun)(self)
        if raise_on_failure:
            raise error.with_traceback(_first_raised(error.__traceback__))
        return error

    def __repr__(self) -> str:
        return f"{self.name}({self.message!r})" if self.message else f"{self.name}()"


def _first_raised(traceback: TracebackType | None) -> TracebackType | None:
    """Cut off what came to an error's traceback when `State.result` raised it before: it is kept, and raised again."""
    first = step = traceback
    while step is not None:
        if step.tb_frame.f_code is State.result.__code__:
            first = step.tb_next
        step = step.tb_next
    return first


_REASON = {FAILED: FailedRun, CANCELLED: RunCancelled, CRASHED: RunCrashed, PAUSED: RunPaused}


def check_transition(subject: object, old: StateKind, new: StateKind) -> None:
    """Raise `IllegalTransition` unless the table allows the move; nothing is changed either way."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(subject, old, new)


def scheduled(at: float, message: str = "", name: str = "Scheduled") -> State:
    """A state that waits for a time."""
    return State(SCHEDULED, name, message, at)


def pending(at: float, message: str = "", name: str = "Pending") -> State:
    """A state that waits for upstreams, a slot or a worker."""
    return State(PENDING, name, message, at)


def running(at: float, attempt: int = 1, message: str = "") -> State:
    """An attempt under way; named Retrying from the second on."""
    return State(RUNNING, "Running" if attempt <= 1 else "Retrying", message, at)


def completed(at: float, data: object = None, message: str = "", name: str = "Completed") -> State:
    """A good end with its value."""
    return State(COMPLETED, name, message, at, data)


def failed(at: float, error: object = None, message: str = "", name: str = "Failed") -> State:
    """A bad end with its exception."""
    return State(FAILED, name, message, at, error)


def crashed(at: float, message: str = "", name: str = "Crashed", error: object = None) -> State:
    """An end that the machinery is to blame for."""
    return State(CRASHED, name, message, at, error)


def cancelled(at: float, message: str = "", name: str = "Cancelled", error: object = None) -> State:
    """An end that somebody asked for."""
    return State(CANCELLED, name, message, at, error)


def paused(at: float, message: str = "", name: str = "Paused") -> State:
    """A stop until somebody's word."""
    return State(PAUSED, name, message, at)
