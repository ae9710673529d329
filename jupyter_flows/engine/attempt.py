"""One attempt, and the life of one run in its caller, as generators of effects.

They yield what should be done and are sent `Ok` or `Err`; a user's exception is sent as a value, never thrown (a
thrown StopIteration would vanish). Only an interruption of the caller itself is thrown in. Threads and event loops
drive the same generators, so that no rule is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

from jupyter_flows.engine.rules import outcome_of_states
from jupyter_flows.errors import RunPaused
from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt
from jupyter_flows.model.events import (
    AttemptEnded,
    AttemptStarted,
    HandlersAnswered,
    HooksFinished,
    Outcome,
    RunAbandoned,
)
from jupyter_flows.model.exact_json import small_json
from jupyter_flows.model.signals import EndRun, Loop, Retry, Signal, TriggerFailed
from jupyter_flows.model.states import (
    COMPLETED,
    CRASHED,
    FAILED,
    State,
    cancelled,
    completed,
    crashed,
    failed,
    paused,
)


class AttemptStopped(BaseException):
    """Thrown into user code to end it; a BaseException so that ``except Exception`` cannot swallow it.

    ``target`` is the driver's handle of the run that is to stop.
    """

    def __init__(self, target: object) -> None:
        super().__init__("this run was stopped")
        self.target = target


class Terminated(BaseException):
    """The process was told to terminate (SIGTERM)."""


class Ok(NamedTuple):
    """An effect worked; ``at`` is when."""

    value: object
    at: float


class Err(NamedTuple):
    """An effect raised; ``at`` is when."""

    error: BaseException
    at: float


Reply = Ok | Err


class CallUser(NamedTuple):
    """Call the user's function with the resolved arguments."""

    attempt: int


class AskRetry(NamedTuple):
    """Ask the user's retry condition about a failed state."""

    attempt: int
    state: State


class LookUp(NamedTuple):
    """Make the cache key of this call, if it has one, and find the value that was kept under it."""

    attempt: int


class Found(NamedTuple):
    """What `LookUp` replies when there is one: the kept value, and where it came from in words."""

    value: object
    origin: str


class Keep(NamedTuple):
    """Keep a value beyond its process, under the cache key where there is one."""

    attempt: int
    value: object


class CollectStates(NamedTuple):
    """Wait for the futures and states that a flow returned; the reply's value is their states, or None."""

    value: object


class DescribeFailure(NamedTuple):
    """Turn an exception into its type, its traceback without our frames, and the inputs of the call."""

    error: BaseException


class Post(NamedTuple):
    """Tell the machine an event of this kind; the driver adds the time in front of ``fields``."""

    kind: type
    fields: tuple[object, ...]
    wake: bool = True  # false: the machine may learn of it a little later, with the next event


class AwaitOrder(NamedTuple):
    """Wait for the machine's next order to this caller."""


class AskHandlers(NamedTuple):
    """Ask the user's state handlers about each step of a path of states.

    The reply's value is the last state, or the one of another kind that they put in a step's place; what a handler
    raises, and an answer that is no state, is an error.
    """

    path: tuple[State, ...]


class CallHooks(NamedTuple):
    """Call the user's hooks; their errors are logged and change nothing."""

    which: str
    state: State


Effect = (
    CallUser | LookUp | Keep | AskRetry | CollectStates | DescribeFailure | Post | AwaitOrder | CallHooks | AskHandlers
)
Steps = Generator[Effect, Reply, Outcome]

_AWAIT_ORDER = AwaitOrder()


class FailureText(NamedTuple):
    """What `DescribeFailure` replies."""

    error_type: str
    traceback: str
    inputs: str


def attempt(number: int, count: int, asks_retry: bool, keeps_small: bool = True) -> Steps:
    """Run user code once and say how it ended.

    Parameters
    ----------
    number
        0 for a flow, whose returned futures and states decide.
    count
        Which attempt this is, from 1.
    asks_retry
        Whether the user gave a retry condition and retries remain.
    keeps_small
        Whether a small value is written down with the run's end, for a further attempt of the flow run.
    """
    reply = yield CallUser(count)
    if type(reply) is Ok:
        outcome = _ended_well(reply)
        if number == 0 and outcome is None:
            outcome = _returned((yield CollectStates(reply.value)))
        if outcome is None:
            return Outcome(completed(reply.at, reply.value), value=small_json(reply.value) if keeps_small else None)
        if outcome.state.kind is COMPLETED and keeps_small:
            return outcome._replace(value=small_json(outcome.state.data))
        if outcome.state.kind is not FAILED:
            return outcome
        error: BaseException | None = outcome.state.data if isinstance(outcome.state.data, BaseException) else None
    else:
        assert type(reply) is Err
        error = reply.error
        outcome = raised(error, reply.at)
    if outcome.state.kind in {FAILED, CRASHED} and error is not None and not outcome.again:
        outcome = yield from _described(outcome, error)
    if asks_retry and outcome.state.kind is FAILED and outcome.may_retry:
        reply = yield AskRetry(count, outcome.state)
        return outcome._replace(may_retry=type(reply) is Ok and bool(reply.value))
    return outcome


def failed_by(error: BaseException, at: float) -> Steps:
    """The end of an attempt that an error of the driver's prevented."""
    return (yield from _described(raised(error, at), error))


def _described(outcome: Outcome, error: BaseException) -> Steps:
    reply = yield DescribeFailure(error)
    if type(reply) is not Ok or not isinstance(reply.value, FailureText):
        return outcome
    text = reply.value
    return outcome._replace(error_type=text.error_type, traceback=text.traceback, inputs=text.inputs)


def _ended_well(reply: Ok) -> Outcome | None:
    """A returned state or signal is taken as it is; None means an ordinary value."""
    value = reply.value
    if isinstance(value, Signal):
        return _signalled(value, reply.at)
    if isinstance(value, State):
        return Outcome(State(value.kind, value.name, value.message, reply.at, value.data), explicit=True)
    return None


class ReturnedStates(NamedTuple):
    """What `CollectStates` replies when a flow returned futures or states: the states, and their values in shape."""

    states: tuple[State, ...]
    value: object


def _returned(reply: Reply) -> Outcome | None:
    if isinstance(reply, Err):
        return raised(reply.error, reply.at)
    returned = reply.value
    if isinstance(returned, ReturnedStates):
        state = outcome_of_states(returned.states, reply.at, returned.value)
        return Outcome(state, explicit=state.kind is not COMPLETED)
    return None


def _signalled(signal: Signal, at: float) -> Outcome:
    if isinstance(signal, Loop):
        return Outcome(signal.to_state(at), loop=True, explicit=True)
    if isinstance(signal, EndRun):
        return _ended_in(signal, at)
    if isinstance(signal, Retry):
        state = failed(at, signal, signal.message or "asked to be tried again")
        return Outcome(state, again=True, retry_at=signal.not_before(at), explicit=True)
    return Outcome(signal.to_state(at), may_retry=not isinstance(signal, TriggerFailed), explicit=True)


def _ended_in(signal: EndRun, at: float) -> Outcome:
    try:
        return Outcome(signal.to_state(at), may_retry=False, explicit=True)
    except TypeError as problem:
        return Outcome(failed(at, problem, _one_line(problem)), may_retry=False)


def raised(error: BaseException, at: float) -> Outcome:
    """How an attempt ended that raised, before anything is known of the error's traceback."""
    if isinstance(error, Signal):
        return _signalled(error, at)
    if isinstance(error, RunPaused):  # of a run inside this one, which cannot go on without it
        return Outcome(paused(at, str(error)), explicit=True)
    if isinstance(error, Terminated):
        return Outcome(crashed(at, "its process was told to terminate", "Interrupted", error), may_retry=False)
    if isinstance(error, KeyboardInterrupt | AttemptStopped) or _is_task_cancel(error):
        return Outcome(cancelled(at, "interrupted", error=error))
    return Outcome(failed(at, error, _one_line(error)))


def _is_task_cancel(error: BaseException) -> bool:
    # asyncio's, told by name: importing asyncio costs a plain flow 30 ms.
    return type(error).__name__ == "CancelledError" and not isinstance(error, Exception)


def _one_line(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a user's own __str__ may do anything
        text = ""
    first = text.strip().splitlines()[0] if text.strip() else ""
    name = type(error).__name__
    return f"{name}: {first}"[:500] if first else name


def _goes_further(error: object, me: object) -> BaseException | None:
    """An interruption of user code concerns the code around this run too, unless it was a stop of this very run."""
    if not isinstance(error, BaseException) or isinstance(error, Exception | SystemExit | GeneratorExit):
        return None
    return None if isinstance(error, AttemptStopped) and error.target is me else error


def interruption_state(error: BaseException, at: float) -> State:
    """The state of a run whose caller was interrupted outside user code."""
    if isinstance(error, Terminated):
        return crashed(at, "its process was told to terminate", "Interrupted", error)
    return cancelled(at, "interrupted", error=error)


def lifecycle(
    me: object, number: int, opening: Post, started: bool, steps_of: Callable[[int], Steps]
) -> Generator[Effect, Reply, State]:
    """Drive one run to its end in its own caller: a flow, or a direct call of a task.

    Parameters
    ----------
    me
        The driver's handle of this run, to tell whether a stop is meant for it or for a run around it.
    opening
        The event that tells the machine of the run.
    started
        Whether the first attempt begins without asking the machine, because no rule can hold it.
    steps_of
        Makes the generator of an attempt, given its number.
    """
    try:
        yield opening
        state, interruption = yield from _follow_orders(me, number, started, steps_of)
    except GeneratorExit:
        raise
    except BaseException as error:  # the caller itself was interrupted: end the run, then let that go on
        yield Post(RunAbandoned, (number, interruption_state(error, 0.0)))
        yield from _until_settled(number)
        raise
    if interruption is not None:
        raise interruption
    return state


def _follow_orders(
    me: object, number: int, started: bool, steps_of: Callable[[int], Steps]
) -> Generator[Effect, Reply, tuple[State, BaseException | None]]:
    """Do what the machine orders until the run is settled."""
    interruption: BaseException | None = None
    if started:
        interruption = yield from _attempt_here(me, number, 1, steps_of(1))
    while True:
        order = (yield _AWAIT_ORDER)[0]
        if type(order) is Settle:
            return order.state, interruption
        if type(order) is StartAttempt:
            if number:
                yield Post(AttemptStarted, (number, order.attempt))
            interruption = yield from _attempt_here(me, number, order.attempt, steps_of(order.attempt))
        elif type(order) is RunHooks:
            yield CallHooks(order.which, order.state)
            yield Post(HooksFinished, (number,))
        elif type(order) is RunHandlers:
            yield Post(HandlersAnswered, (number, order.attempt, answered((yield AskHandlers(order.path)))))


def answered(reply: Reply) -> State:
    """The state that state handlers answered with; an error of theirs is a failure."""
    if isinstance(reply, Err):
        return raised(reply.error, reply.at).state
    assert isinstance(reply.value, State)
    return reply.value


def _until_settled(number: int) -> Generator[Effect, Reply, None]:
    """Wait for the end of an abandoned run; attempts that were ordered before are not begun any more."""
    while True:
        order = (yield _AWAIT_ORDER)[0]
        if type(order) is Settle:
            return
        if type(order) is RunHooks:
            yield CallHooks(order.which, order.state)
            yield Post(HooksFinished, (number,))


def _attempt_here(me: object, number: int, count: int, steps: Steps) -> Generator[Effect, Reply, BaseException | None]:
    outcome = yield from steps
    yield Post(AttemptEnded, (number, count, outcome))
    if outcome.state.kind is COMPLETED:
        return None  # an exception here is a value like any other
    return _goes_further(outcome.state.data, me)
