"""The driver for event loops: an async flow's own loop, and one in the background for async tasks of sync flows."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Any

from jupyter_flows.drivers.asking import answer_handlers
from jupyter_flows.drivers.beside_loop import beside
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import FRAME
from jupyter_flows.drivers.held_loops import is_held
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.loops_at_work import note_at_work, note_left
from jupyter_flows.drivers.performer import (
    Performer,
    abandon,
    attempt_steps,
    end_hooks,
    give_up,
    lifecycle_steps,
    run_hooks,
)
from jupyter_flows.drivers.unrecorded import refuse_in_forked_child
from jupyter_flows.drivers.waits import Wait, noted
from jupyter_flows.drivers.workers import giving_place, refuse_where_all_is_served, start_aside
from jupyter_flows.engine.attempt import (
    AskHandlers,
    AttemptStopped,
    AwaitOrder,
    CallHooks,
    CallUser,
    Err,
    Keep,
    LookUp,
    Ok,
    Post,
    Reply,
    Terminated,
)
from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt, StopAttempt
from jupyter_flows.model.events import AttemptEnded, AttemptStarted, HooksFinished
from jupyter_flows.model.states import State, running


async def drive_async(steps: Generator[Any, Any, Any], performer: Performer) -> Any:
    """Perform a generator's effects on this loop; the asynchronous twin of `threads.drive`, and the only one."""
    step: Callable[[Any], Any] = steps.send
    argument: Any = None
    while True:
        try:
            effect = step(argument)
        except StopIteration as stop:
            return stop.value
        try:
            reply = performer.perform(effect)
            step, argument = steps.send, (await reply if hasattr(reply, "__await__") else reply)
        except BaseException as interruption:  # noqa: BLE001 - handed on to the generator
            step, argument = steps.throw, interruption


class LoopPerformer(Performer):
    """Performs effects on the running event loop."""

    def __init__(self, call: Call, orders: asyncio.Queue[Any] | None = None) -> None:
        super().__init__(call)
        self._orders = orders
        self._stopped: BaseException | None = None
        self._stopped_attempt = 0
        self._in_code = False
        self.task: asyncio.Task[Any] | None = asyncio.current_task()

    async def call_user(self, effect: CallUser) -> Reply:
        """Await the function; whatever it raises is the reply, and a stop of ours does not cancel the caller."""
        if effect.attempt <= self._stopped_attempt:
            return Err(AttemptStopped(self.call), self.now())
        code = self.call.code
        token = FRAME.set(self.frame)
        cancels = self.task.cancelling() if self.task is not None else 0
        self._in_code = True
        reply: Reply
        try:
            args, kwargs = self.arguments(effect)
            if "running" in code.hooks:
                await self._hooks("running", running(self.now(), effect.attempt))
            reply = Ok(await _consume(code.kind, code.fn(*args, **kwargs)), self.now())
        except BaseException as error:  # noqa: BLE001 - user code may raise anything
            reply = Err(error, self.now())
        finally:
            self._in_code = False
            with suppress(ValueError):  # its loop was closed, and its coroutine is let go of somewhere else
                FRAME.reset(token)
        return reply if self._stopped is None else await self._after_stop(self._stopped, cancels)

    async def _after_stop(self, reason: BaseException, cancels: int) -> Reply:
        """Take our cancel back, whether it has come or is still to come.

        One for the code around may have come as the same exception; that one is sent again.
        """
        self._stopped = None
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        if self.task is not None and self.task.uncancel() > cancels:
            self.task.uncancel()
            self.task.cancel()
        return Err(reason, self.now())

    async def await_order(self, effect: AwaitOrder) -> Reply:
        """Wait for the session's next order."""
        assert self._orders is not None
        call = self.call
        with giving_place(), noted(call.run.session, Wait((call,), partial(give_up, call))):
            return Ok(await self._orders.get(), 0.0)

    async def returned_states(self, found: list[tuple[Call, bool]], value: Any) -> Reply:
        """Wait for the runs that a flow returned."""
        for call, _ in found:
            await await_call(call)
        return self.reply_with_states(found, value)

    async def look_up(self, effect: LookUp) -> Reply:
        """Look in a thread: the store and files must not hold the loop."""
        return await beside(super().look_up, effect)

    async def keep(self, effect: Keep) -> Reply:
        """Write in a thread."""
        return await beside(super().keep, effect)

    async def ask_handlers(self, effect: AskHandlers) -> Reply:
        """Ask the state handlers in a thread, so that they cannot hold the loop."""
        return await beside(super().ask_handlers, effect)

    async def call_hooks(self, effect: CallHooks) -> Reply:
        """Call the hooks of a final state; sync ones in a thread, so that they cannot hold the loop."""
        await self._hooks(effect.which, effect.state)
        return Ok(None, 0.0)

    async def _hooks(self, which: str, state: State) -> None:
        await beside(run_hooks, self.call, which, state)

    def stop(self, attempt: int, reason: BaseException | None = None) -> None:
        """Cancel the user code of this attempt, once; called on the loop.

        Parameters
        ----------
        reason
            Takes the place of the CancelledError.
        """
        if attempt <= self._stopped_attempt or self.task is None or self.task.done():
            return
        self._stopped_attempt = attempt
        if self._in_code and self.call.attempt == attempt:
            self._stopped = reason or AttemptStopped(self.call)
            self.task.cancel()


async def _consume(kind: str, awaited: Any) -> Any:
    if kind == "async generator":
        return [item async for item in awaited]
    return await awaited


class LoopPlace:
    """A run that is driven by a coroutine on ``loop``; its orders go to a queue there."""

    __slots__ = ("call", "loop", "orders", "performer")
    in_caller = True

    def __init__(self, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        self.call, self.loop = call, loop
        self.orders: asyncio.Queue[Any] = asyncio.Queue()
        self.performer: LoopPerformer | None = None

    def start(self, order: StartAttempt) -> None:
        """Tell the coroutine to begin an attempt."""
        self._tell(order)

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """Tell the coroutine to call the hooks, or to ask the handlers."""
        self._tell(order)

    def settle(self, order: Settle) -> None:
        """Publish the state and let the coroutine go on."""
        self.call.settle(order.state)
        self._tell(order)

    def stop(self, order: StopAttempt) -> None:
        """Cancel the user's coroutine."""
        if self.performer is not None:
            self.loop.call_soon_threadsafe(self.performer.stop, order.attempt)

    def terminate(self) -> None:
        """End the run because the process was told to; for the signal handler."""
        if self.performer is not None:
            reason = Terminated()
            abandon(self.call, reason)  # first: a cancelled coroutine would call its own run Cancelled
            self.loop.call_soon_threadsafe(self.performer.stop, self.call.attempt, reason)

    def _tell(self, order: Any) -> None:
        try:
            self.loop.call_soon_threadsafe(self.orders.put_nowait, order)
        except RuntimeError:  # the loop is closed: nobody waits any more
            if not isinstance(order, Settle):
                raise


async def run_in_coroutine(call: Call, opening: Post, started: bool = False) -> State:
    """Drive a flow run, or an awaited call, on the running loop until it is settled; return its state."""
    refuse_where_all_is_served(call.spec.name)
    place = call.place = LoopPlace(call, asyncio.get_running_loop())
    place.performer = LoopPerformer(call, place.orders)
    if call.number or call.run.parent is not None:
        return await _live(call, place, opening, started)
    waking = _KeepAwake(place.loop)
    try:
        with Terminable(place.terminate):
            return await _live(call, place, opening, started)
    finally:
        waking.end()


class _KeepAwake:
    """Wakes a loop now and then: a kernel cancels a cell in a signal handler, which leaves the loop asleep."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tick()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(0.1, self._tick)

    def end(self) -> None:
        """Let the loop sleep again."""
        self._timer.cancel()


async def _live(call: Call, place: LoopPlace, opening: Post, started: bool) -> State:
    assert place.performer is not None
    note_at_work(call, place.loop)
    try:
        return await drive_async(lifecycle_steps(call, opening, started), place.performer)
    except BaseException as error:
        if call.state is None:
            abandon(call, error)
            end_hooks(call)  # nobody is here any more to call them
        raise
    finally:
        note_left(call)


class SubmittedPlace:
    """Runs the attempts of submitted async tasks as tasks of ``loop``; of a loop of the user's, ``thread`` is known."""

    __slots__ = ("_tasks", "loop", "thread")

    def __init__(self, loop: asyncio.AbstractEventLoop, thread: int = 0) -> None:
        self.loop, self.thread = loop, thread
        self._tasks: dict[Call, tuple[asyncio.Task[Any], LoopPerformer]] = {}

    def start(self, order: StartAttempt) -> None:
        """Begin an attempt on the loop."""
        self.loop.call_soon_threadsafe(self._begin, order)

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """Call the hooks, or ask the handlers, beside the loop."""
        self.loop.call_soon_threadsafe(self._begin, order)

    def settle(self, order: Settle) -> None:
        """Publish the state."""
        order.call.settle(order.state)  # type: ignore[attr-defined]

    def stop(self, order: StopAttempt) -> None:
        """Cancel the attempt."""
        self.loop.call_soon_threadsafe(self._stop, order.call, order.attempt)  # type: ignore[arg-type]

    def _begin(self, order: Any) -> None:
        call: Call = order.call
        work = self._attempt(call, order.attempt) if type(order) is StartAttempt else self._hooks(order)
        task = self.loop.create_task(work, context=call.context.copy() if call.context else None)
        performer = LoopPerformer(call)
        performer.task = task
        self._tasks[call] = (task, performer)  # the loop itself holds tasks only weakly
        note_at_work(call, self.loop)
        task.add_done_callback(lambda task: self._forget(call, task))

    def _stop(self, call: Call, attempt: int) -> None:
        if call in self._tasks:
            self._tasks[call][1].stop(attempt)

    def _forget(self, call: Call, task: asyncio.Task[Any]) -> None:
        if call in self._tasks and self._tasks[call][0] is task:  # a later attempt may have begun
            del self._tasks[call]
            note_left(call)
        if task.cancelled() and call.state is None:  # by somebody else, perhaps before it had begun
            abandon(call, asyncio.CancelledError())

    async def _hooks(self, order: RunHooks | RunHandlers) -> None:
        call: Any = order.call
        if isinstance(order, RunHandlers):
            await beside(answer_handlers, order)
            return
        await beside(run_hooks, call, order.which, order.state)
        call.run.session.post(call.run, HooksFinished(call.run.session.clock.time(), call.number))

    async def _attempt(self, call: Call, count: int) -> None:
        if call.state is not None:
            return
        run, spec = call.run, call.spec
        performer = self._tasks[call][1]
        run.session.post(run, AttemptStarted(performer.now(), call.number, count), bool(spec.timeout_seconds))
        try:
            outcome = await drive_async(attempt_steps(call, count), performer)
            performer.post(Post(AttemptEnded, (call.number, count, outcome)))
        except BaseException as error:
            abandon(call, error)
            raise


async def await_call(call: Call) -> None:
    """Wait on the running loop until a run is settled."""
    if call.state is not None:
        return
    refuse_in_forked_child(call)
    loop = asyncio.get_running_loop()
    settled: asyncio.Future[BaseException | None] = loop.create_future()

    def wake(error: BaseException | None) -> None:
        if not settled.done():
            settled.set_result(error)

    def tell(error: BaseException | None = None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(wake, error)

    call.add_callback(tell)
    try:
        with giving_place(), noted(call.run.session, Wait((call,), tell)):
            refused = await settled
    finally:
        call.drop_callback(tell)
    if refused is not None:
        raise refused


_background: list[asyncio.AbstractEventLoop] = []
_starting = threading.RLock()  # what a signal interrupts may be called again by its handler


def background_loop() -> asyncio.AbstractEventLoop:
    """Return a loop of a daemon thread, started with its first use: where async tasks of sync flows run.

    It is one for all, but where an async task that runs there holds it up with a plain call: what that starts, and may
    wait for, has a loop of its own.
    """
    with _starting:
        for loop in _background:
            if not (loop.is_closed() or is_held(loop)):
                return loop
        loop = asyncio.new_event_loop()
        start_aside(threading.Thread(target=loop.run_forever, name="jupyter-flows-loop", daemon=True))
        _background.append(loop)
        return loop


def _forget_loops() -> None:
    global _starting  # noqa: PLW0603 - whoever held it is not in the child
    _background.clear()
    _starting = threading.RLock()


os.register_at_fork(after_in_child=_forget_loops)
