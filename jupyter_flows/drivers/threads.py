"""The driver for threads: the caller's own, and those of a pool."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_flows.drivers.asking import answer_handlers
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import FRAME, in_forked_child
from jupyter_flows.drivers.held_loops import hold_loop, let_loop_go, refuse_own_loop
from jupyter_flows.drivers.interrupts import StoppableCode, can_stop_here, stop_in_main_thread
from jupyter_flows.drivers.performer import Performer, abandon, attempt_steps, give_up, lifecycle_steps, run_hooks
from jupyter_flows.drivers.unrecorded import refuse_in_forked_child
from jupyter_flows.drivers.waits import Wait, noted
from jupyter_flows.drivers.workers import WorkerPool, giving_place, refuse_where_all_is_served
from jupyter_flows.engine.attempt import AwaitOrder, CallUser, Err, Ok, Post, Reply
from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt, StopAttempt
from jupyter_flows.model.events import AttemptEnded, AttemptStarted, HooksFinished
from jupyter_flows.model.states import State, cancelled, running

if TYPE_CHECKING:
    from jupyter_flows.drivers.session import Session

T = TypeVar("T")

_PATIENCE = 0.01
"""Seconds that a wait takes before it is noted, and gives a pool's place away (a commit takes less than one ms)."""


def drive(steps: Generator[Any, Any, Any], performer: Performer) -> Any:
    """Perform a generator's effects in this thread and return its value.

    What interrupts an effect (Ctrl-C, SIGTERM, a stop) is thrown into the generator, which ends its run first.
    """
    perform = performer.perform
    step: Callable[[Any], Any] = steps.send
    argument: Any = None
    while True:
        try:
            effect = step(argument)
        except StopIteration as stop:
            return stop.value
        try:
            step, argument = steps.send, perform(effect)
        except BaseException as interruption:  # noqa: BLE001 - handed on to the generator
            step, argument = steps.throw, interruption


class ThreadPerformer(Performer):
    """Performs effects in the present thread."""

    def __init__(self, call: Call, mailbox: SimpleQueue[Any] | None = None) -> None:
        super().__init__(call)
        self._mailbox = mailbox
        self._stoppable = mailbox is not None and (call.number == 0 or call.spec.timeout_seconds) and can_stop_here()

    def call_user(self, effect: CallUser) -> Reply:
        """Call the function; whatever it raises is the reply."""
        code = self.call.code
        around = FRAME.get()
        try:
            FRAME.set(self.frame)  # not by token: an interrupt could come between setting and keeping it
            args, kwargs = self.arguments(effect)
            if "running" in code.hooks:
                run_hooks(self.call, "running", running(self.now(), effect.attempt))
            if not self._stoppable:
                value = code.fn(*args, **kwargs)
                return Ok(value if code.kind == "sync" else list(value), self.now())
            with StoppableCode(self.call):
                value = code.fn(*args, **kwargs)
                return Ok(value if code.kind == "sync" else list(value), self.now())
        except BaseException as error:  # noqa: BLE001 - user code may raise anything
            return Err(error, self.now())
        finally:
            FRAME.set(around)

    def await_order(self, effect: AwaitOrder) -> Reply:
        """Wait for the session's next order to this caller."""
        assert self._mailbox is not None
        settled = self.call.state
        if settled is not None:  # an interrupt may have come between the mailbox and us
            return Ok(Settle(self.call.number, self.call, settled), 0.0)
        if in_forked_child():  # the session is the parent's: the child goes on by itself
            state = self.ended or cancelled(self.now(), "its process was forked")
            return Ok(Settle(self.call.number, self.call, state), 0.0)
        call = self.call
        return Ok(take_noted(self._mailbox, None, call.run.session, (call,), partial(give_up, call)), 0.0)

    def returned_states(self, found: list[tuple[Call, bool]], value: Any) -> Reply:
        """Wait for the runs that a flow returned."""
        try:
            for call, _ in found:
                wait_for_call(call, None)
        except RuntimeError as error:  # they run on the loop that this flow holds up
            return Err(error, self.now())
        return self.reply_with_states(found, value)


class CallerPlace:
    """A run whose caller drives it in its own thread and takes its orders from a mailbox."""

    __slots__ = ("call", "mailbox")
    in_caller = True

    def __init__(self, call: Call) -> None:
        self.call = call
        self.mailbox: SimpleQueue[Any] = SimpleQueue()

    def start(self, order: StartAttempt) -> None:
        """Tell the caller to begin an attempt."""
        self.mailbox.put(order)

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """Tell the caller to call the hooks, or to ask the handlers."""
        self.mailbox.put(order)

    def settle(self, order: Settle) -> None:
        """Publish the state and let the caller go on."""
        self.call.settle(order.state)
        self.mailbox.put(order)

    def stop(self, order: StopAttempt) -> None:
        """Interrupt the main thread, where the caller is there."""
        stop_in_main_thread(self.call)


def run_in_caller(call: Call, opening: Post, started: bool = False, place: CallerPlace | None = None) -> State:
    """Drive a flow run, or a direct call, in the present thread until it is settled; return its state.

    Whatever interrupts this, at whatever moment, the run is ended before the interruption goes on. ``place`` is given
    by who stops its code in a way of its own.
    """
    refuse_where_all_is_served(call.spec.name)
    place = place or CallerPlace(call)
    call.place = place
    held = hold_loop()
    try:
        return drive(lifecycle_steps(call, opening, started), ThreadPerformer(call, place.mailbox))
    except BaseException as error:
        if call.state is None:
            abandon(call, error)
            _wait_until_settled(place)
        raise
    finally:
        let_loop_go(held)


def _wait_until_settled(place: CallerPlace) -> None:
    while place.call.state is None:
        order = place.mailbox.get()
        if type(order) is RunHooks:
            call = place.call
            run_hooks(call, order.which, order.state)
            call.run.session.post(call.run, HooksFinished(call.run.session.clock.time(), call.number))


class _AtWork:
    """A thread at work on one attempt; ``came_back`` tells the pool that it did, where it was left behind."""

    __slots__ = ("came_back",)

    def __init__(self) -> None:
        self.came_back: Callable[[], None] | None = None


class PoolPlace:
    """Runs attempts in a pool's threads; what cannot be stopped there is left behind and replaced."""

    __slots__ = ("_active", "pool")
    stoppable = False

    def __init__(self, size: int) -> None:
        self.pool = WorkerPool(size, self._perform)
        self._active: dict[Call, _AtWork] = {}  # the last attempt of each call

    def start(self, order: StartAttempt) -> None:
        """Queue an attempt."""
        self.pool.put(order)

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """Queue the hooks, or the question to the handlers."""
        self.pool.put(order)

    def settle(self, order: Settle) -> None:
        """Publish the state."""
        call: Any = order.call
        call.settle(order.state)
        self._leave_behind(call)  # ended from outside, just as its attempt began

    def stop(self, order: StopAttempt) -> None:
        """Leave the thread behind: Python cannot stop it."""
        self._leave_behind(order.call)
        self.pool.refill()  # not before: what is queued may be about to be settled too

    def _leave_behind(self, call: Any) -> None:
        at_work = self._active.get(call)
        if at_work is not None and at_work.came_back is None:
            at_work.came_back = self.pool.leave_behind()

    def _perform(self, order: Any) -> None:
        call: Call = order.call
        context = call.context  # taken once: it is let go when the call is settled, perhaps now
        try:
            if type(order) is RunHooks:
                (context.copy().run if context else _plainly)(run_hooks, call, order.which, order.state)
                call.run.session.post(call.run, HooksFinished(call.run.session.clock.time(), call.number))
            elif type(order) is RunHandlers:
                (context.copy().run if context else _plainly)(answer_handlers, order)
            elif call.state is None and context is not None:
                context.copy().run(self._attempt, call, order.attempt)
        except BaseException as error:
            logging.getLogger("jupyter_flows").exception("a worker met an error of ours; please report it")
            abandon(call, error)

    def _attempt(self, call: Call, count: int) -> None:
        run, spec = call.run, call.spec
        at_work = self._active[call] = _AtWork()
        try:
            if call.state is not None:
                return
            performer = ThreadPerformer(call)
            run.session.post(run, AttemptStarted(performer.now(), call.number, count), bool(spec.timeout_seconds))
            outcome = drive(attempt_steps(call, count), performer)
        finally:
            if self._active.get(call) is at_work:  # the next attempt may have begun
                del self._active[call]
            if at_work.came_back is not None:
                at_work.came_back()
        performer.post(Post(AttemptEnded, (call.number, count, outcome)))


def _plainly(function: Any, *args: Any) -> Any:
    return function(*args)


def wait_for_call(call: Call, seconds: float | None) -> bool:
    """Wait until a run is settled; False when the time ran out first. A pool's thread gives its place away.

    Raises
    ------
    RuntimeError
        It could never end, because this thread must go on first.
    RunOfParentProcess
    WaitsForItself
    """
    if call.state is not None:
        return True
    refuse_where_all_is_served(call.spec.name)
    refuse_in_forked_child(call)
    if seconds is None or seconds > 0:
        refuse_own_loop(call)
    settled: SimpleQueue[BaseException | None] = SimpleQueue()
    tell = partial(settled.put, None)
    call.add_callback(tell)
    try:
        refused = take_noted(settled, seconds, call.run.session, (call,))
    except Empty:
        return False
    finally:
        call.drop_callback(tell)
    if refused is not None:
        raise refused
    return True


def take_noted(
    queue: SimpleQueue[Any],
    seconds: float | None,
    session: Session,
    wanted: Iterable[Any],
    refuse: Callable[[BaseException], object] | None = None,
) -> Any:
    """Wait for the next item of a queue, as `take_patiently`, and let the session know for what.

    Parameters
    ----------
    wanted
        What comes to its end, or has its slots, when there is an item: one of these.
    refuse
        Called where the session finds that the wait would have no end; the item is an error when not given.
    """

    def meanwhile() -> AbstractContextManager[None]:
        return noted(session, Wait(wanted, refuse or queue.put, endless=seconds is None))

    return take_patiently(queue, seconds, meanwhile)


def take_patiently(
    queue: SimpleQueue[T],
    seconds: float | None = None,
    meanwhile: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> T:
    """Wait for the next item of a queue. A pool's thread gives its place to another meanwhile.

    Parameters
    ----------
    seconds
        To wait at most; not at all when negative, for ever when not given.
    meanwhile
        Makes the context of a wait that is longer than most.

    Raises
    ------
    Empty
        The time ran out first.
    """
    if seconds is not None:
        seconds = min(max(0.0, seconds), threading.TIMEOUT_MAX)
    try:
        return queue.get(timeout=_PATIENCE if seconds is None else min(_PATIENCE, seconds))
    except Empty:
        if seconds is not None and seconds <= _PATIENCE:
            raise
    with meanwhile(), giving_place():
        return queue.get(timeout=None if seconds is None else seconds - _PATIENCE)
