"""What both drivers do alike for a call: tell events, describe failures, call hooks and deciders."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from jupyter_flows.drivers.asking import ask_handlers
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import FRAME, Frame
from jupyter_flows.drivers.inputs import FutureLike, find_calls, resolve
from jupyter_flows.drivers.logs import catch_prints, say, wants_prints
from jupyter_flows.drivers.run_info import run_info
from jupyter_flows.drivers.tracebacks import error_line, inputs_text, traceback_text, without_our_frames
from jupyter_flows.engine.attempt import (
    AskHandlers,
    AskRetry,
    AttemptStopped,
    AwaitOrder,
    CallHooks,
    CallUser,
    CollectStates,
    DescribeFailure,
    Effect,
    Err,
    FailureText,
    Found,
    Keep,
    LookUp,
    Ok,
    Post,
    Reply,
    ReturnedStates,
    Steps,
    attempt,
    interruption_state,
    lifecycle,
)
from jupyter_flows.engine.handling import handled
from jupyter_flows.engine.remembering import remembered
from jupyter_flows.model.cache_answers import hit_line
from jupyter_flows.model.events import AttemptEnded, HooksFinished, RunAbandoned
from jupyter_flows.model.states import State, failed

_METHOD_OF: dict[type, str] = {
    CallUser: "call_user",
    Post: "post",
    AwaitOrder: "await_order",
    DescribeFailure: "describe_failure",
    AskRetry: "ask_retry",
    CollectStates: "collect_states",
    CallHooks: "call_hooks",
    AskHandlers: "ask_handlers",
    LookUp: "look_up",
    Keep: "keep",
}


class Performer:
    """Performs the effects of one call's generators.

    A method returns the reply, or an awaitable of it where the driver is an event loop.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.ended: State | None = None  # how the last attempt ended
        self.cache_key: str | None = None
        self._prepared: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self.frame = Frame(call.run, call)
        self.now: Callable[[], float] = call.run.session.clock.time

    def perform(self, effect: Effect) -> Any:
        """Do what an effect asks for."""
        return getattr(self, _METHOD_OF[type(effect)])(effect)

    def call_user(self, effect: CallUser) -> Any:
        """Call the user's function. The driver's own."""
        raise NotImplementedError

    def await_order(self, effect: AwaitOrder) -> Any:
        """Wait for the machine's next order. The driver's own."""
        raise NotImplementedError

    def arguments(self, effect: CallUser) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the attempt; a look-up may have prepared them already."""
        prepared, self._prepared = self._prepared, None
        return self.prepare(effect) if prepared is None else prepared

    def prepare(self, effect: CallUser) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Resolve the arguments and make ready what user code may ask for."""
        call = self.call
        call.attempt = effect.attempt
        if call.number == 0:
            first_lines, call.run.first_lines = call.run.first_lines, ()
            for level, line in first_lines:
                say(call.run, 0, level, line)
            call.run.begin_attempt(effect.attempt)
        if wants_prints(self.frame):
            catch_prints()
        if call.gate is not None:
            call.gate()
        args, kwargs = call.args, call.kwargs
        if call.state is not None:  # ended from outside just now, and the arguments were let go
            raise AttemptStopped(call)
        if not call.has_futures:
            return args, kwargs
        allowed = call.number > 0 and call.spec.trigger is not None  # the trigger has decided already
        return tuple(resolve(value, allowed) for value in args), {
            name: resolve(value, allowed) for name, value in kwargs.items()
        }

    def post(self, effect: Post) -> Reply:
        """Tell the machine an event, now."""
        call, kind = self.call, effect.kind
        if kind is RunAbandoned:
            end_hooks(call)
        event: Any = effect.kind(self.now(), *effect.fields)
        if kind is AttemptEnded:
            self.ended = event.outcome.state
            if event.outcome.loop:
                call.loop_count, call.loop_result = call.loop_count + 1, event.outcome.state.data.data
            if call.spec.retry.jitter:
                event = event._replace(draw=random.random())  # noqa: S311 - spreads retries, guards nothing
        call.run.session.post(call.run, event, effect.wake)
        return Ok(None, event.at)

    def describe_failure(self, effect: DescribeFailure) -> Reply:
        """Clean the traceback in place, and make the text that `why` shows."""
        call, error = self.call, without_our_frames(effect.error)
        text = FailureText(type(error).__name__, traceback_text(error), "")
        if call.number:
            text = text._replace(inputs=self.inputs_text())
        return Ok(text, 0.0)

    def inputs_text(self) -> str:
        """What the call was given, as the store keeps it; who looks on may hold the values themselves."""
        call = self.call
        if call.run.session.witness is not None:
            call.run.session.witness.failed(call)
        return inputs_text(call.code.fn, call.args, call.kwargs)

    def look_up(self, effect: LookUp) -> Any:
        """Find the value that an earlier run kept under this call's cache key."""
        call, memory = self.call, self.call.code.memory
        assert memory is not None
        token = FRAME.set(self.frame)
        try:
            self._prepared = self.prepare(CallUser(effect.attempt))
            key = memory.key(call, *self._prepared)
            found = None if key is None else memory.find(call, key, self.now())
            self.cache_key = None if key is None else key.text
        except (Exception, AttemptStopped) as error:  # noqa: BLE001 - a user's key function; an input without a hash
            return Err(error, self.now())
        finally:
            FRAME.reset(token)
        if found is None:
            return Ok(None, self.now())
        value, kept = found
        age = max(0.0, self.now() - kept.at)
        origin = f"from {kept.run_id}-{kept.number}, {age:.0f} s old"
        say(call.run, call.number, logging.INFO, hit_line(origin, self.cache_key or ""))
        return Ok(Found(value, origin), self.now())

    def keep(self, effect: Keep) -> Any:
        """Keep the value of this call."""
        memory = self.call.code.memory
        assert memory is not None
        try:
            return Ok(memory.keep(self.call, effect.value, self.cache_key, self.now()), self.now())
        except Exception as error:  # noqa: BLE001 - the value is there all the same
            say(self.call.run, self.call.number, logging.WARNING, f"the value is not kept: {error}")
            return Err(error, self.now())

    def ask_retry(self, effect: AskRetry) -> Any:
        """Ask the user's retry condition; an error in it means no."""
        condition = self.call.code.retry_condition
        if condition is None:
            return Ok(True, 0.0)
        try:
            return Ok(condition(self.call.code.subject, run_info(self.call), effect.state), 0.0)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function; its error is an answer
            message = f"the retry condition raised {error_line(error)}: no retry"
            say(self.call.run, self.call.number, logging.ERROR, message)
            return Err(error, 0.0)

    def collect_states(self, effect: CollectStates) -> Any:
        """Find the futures and states that a flow returned. Waiting for them is the driver's own."""
        found: list[tuple[Call, bool]] = []
        if not find_calls(effect.value, found):
            return Ok(None, 0.0)
        return self.returned_states(found, effect.value)

    def returned_states(self, found: list[tuple[Call, bool]], value: Any) -> Any:
        """Wait for the runs found, then reply with their states. The driver's own."""
        raise NotImplementedError

    def reply_with_states(self, found: list[tuple[Call, bool]], value: Any) -> Reply:
        """Gather the states of runs that have all ended, and of states in the value itself."""
        states = [call.state for call, _ in found if call.state is not None]
        for call, _ in found:
            call.seen = True
        states.extend(_states_in(value))
        values = value if any(not state.is_completed() for state in states) else resolve(value)
        return Ok(ReturnedStates(tuple(states), values), self.now())

    def ask_handlers(self, effect: AskHandlers) -> Any:
        """Ask the state handlers, inside the run's own frame."""
        return ask_handlers(self.call, effect.path)

    def call_hooks(self, effect: CallHooks) -> Any:
        """Call the hooks of a final state, outside the run's own frame."""
        run_hooks(self.call, effect.which, effect.state)
        return Ok(None, 0.0)


def _states_in(value: Any) -> list[State]:
    if isinstance(value, FutureLike):
        return []
    if isinstance(value, State):
        return [value]
    if isinstance(value, list | tuple | set):
        return [item for item in value if not isinstance(item, FutureLike) and isinstance(item, State)]
    return []


def run_hooks(call: Call, which: str, state: State) -> None:
    """Call each hook in order; an error in one is logged with the run and changes nothing."""
    token = FRAME.set(None)
    try:
        for hook in call.code.hooks.get(which, ()):
            try:
                _finish(hook(call.code.subject, run_info(call), state))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function
                name = getattr(hook, "__name__", type(hook).__name__)
                message = f"hook {name} for {which} raised {error_line(error)}"
                logging.getLogger("jupyter_flows").warning("%s", message)
                say(call.run, call.number, logging.ERROR, message)
    finally:
        FRAME.reset(token)


def _finish(value: Any) -> None:
    """Run the coroutine of an async hook to its end: in a thread of its own where a loop runs in this one."""
    if hasattr(value, "__await__"):
        import asyncio  # deferred: heavy

        raised: list[BaseException] = []

        async def await_it() -> None:
            try:
                await value
            except BaseException as error:  # noqa: BLE001 - raised where the hook was called
                raised.append(error)

        aside = threading.Thread(target=lambda: asyncio.run(await_it()), name="jupyter-flows-hook", daemon=True)
        aside.start()
        aside.join()
        if raised:
            raise raised[0]


def asks_retry(call: Call, count: int) -> bool:
    """Whether the user gave a retry condition, and retries remain after attempt ``count``."""
    before = 0 if call.earlier is None else call.earlier.attempts
    return call.code.retry_condition is not None and count - before <= call.spec.retry.retries


def attempt_steps(call: Call, count: int) -> Steps:
    """The generator of one attempt of a call."""
    steps = attempt(call.number, count, asks_retry(call, count), call.code.keeps_small)
    if call.code.memory is not None:
        steps = remembered(count, steps)
    return handled(call.number, count, steps) if call.code.handlers else steps


def lifecycle_steps(call: Call, opening: Post, started: bool) -> Generator[Effect, Reply, State]:
    """The generator of a call's whole life in its caller."""
    return lifecycle(call, call.number, opening, started, partial(attempt_steps, call))


def end_hooks(call: Call) -> None:
    """Let a run go whose final state waits for hooks that were interrupted; no other run heeds this."""
    session = call.run.session
    session.post(call.run, HooksFinished(session.clock.time(), call.number), wake=False)


def give_up(call: Call, error: BaseException) -> None:
    """Tell the machine that a run which has not begun never can."""
    now = call.run.session.clock.time()
    call.run.session.post(call.run, RunAbandoned(now, call.number, failed(now, error, str(error))))


def abandon(call: Call, error: BaseException) -> None:
    """Tell the machine that the caller of a run was interrupted outside the generator's reach."""
    now = call.run.session.clock.time()
    end_hooks(call)
    call.run.session.post(call.run, RunAbandoned(now, call.number, interruption_state(error, now)))
