"""Handles on task runs: wait for them, read their values, await them."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar, cast

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import FRAME
from jupyter_flows.drivers.held_loops import refuse_own_loop
from jupyter_flows.drivers.inputs import FutureLike, FuturesLike
from jupyter_flows.drivers.threads import take_noted, wait_for_call
from jupyter_flows.drivers.unrecorded import refuse_in_forked_child
from jupyter_flows.model.events import FailureSeen
from jupyter_flows.model.states import State, pending

T = TypeVar("T")


def see(call: Call) -> State:
    """Note that somebody looks at the end of a run, so that its failure is not lost; return that state."""
    state = cast("State", call.state)
    if not call.seen:
        call.seen = True
        if not state.is_completed():
            call.run.session.post(call.run, FailureSeen(state.at, call.number), wake=False)
    return state


class TaskFuture(FutureLike, Generic[T]):
    """A handle on a task run that was submitted or mapped.

    Waiting, reading the value and awaiting may be done from any thread, any number of times.
    """

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    @property
    def task_run_id(self) -> str:
        """The task run's id."""
        return self._call.id

    @property
    def name(self) -> str:
        """The task run's name."""
        return self._call.name

    @property
    def state(self) -> State:
        """The final state once the run has ended; Pending until then (the store knows more)."""
        if self._call.state is not None:
            return see(self._call)
        refuse_in_forked_child(self._call)
        return pending(0.0)

    def done(self) -> bool:
        """Whether the run has ended."""
        if self._call.state is None:
            refuse_in_forked_child(self._call)
            return False
        return True

    def wait(self, timeout: float | None = None) -> TaskFuture[T]:
        """Wait until the run has ended, at most ``timeout`` seconds; look at `done` to tell. Returns itself."""
        __tracebackhide__ = True
        if wait_for_call(self._call, timeout):
            see(self._call)
        return self

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> T:
        """Return the run's value.

        Parameters
        ----------
        timeout
            Seconds to wait at most; for ever when not given.
        raise_on_failure
            When false, the exception of a failed run is returned instead of raised.

        Raises
        ------
        TimeoutError
            The run has not ended in time; it goes on.
        BaseException
            The run's own exception.
        """
        __tracebackhide__ = True
        if not wait_for_call(self._call, timeout):
            raise TimeoutError(f"{self.name} has not ended within {timeout:g} s; it goes on")
        return self._value(raise_on_failure)

    def add_done_callback(self, function: Callable[[TaskFuture[T]], object]) -> None:
        """Call ``function(self)`` in a worker thread once the run has ended (now, if it has).

        It has the context variables of now, but belongs to no run: the flow may have ended by then, and tasks that it
        calls are runs of their own.
        """
        refuse_in_forked_child(self._call)
        runner, context = self._call.run.task_runner, copy_context()
        context.run(FRAME.set, None)
        self._call.add_callback(lambda: runner.call_soon(context.run, function, self))

    def __await__(self) -> Generator[Any, None, T]:
        from jupyter_flows.drivers.loops import await_call  # deferred: asyncio is heavy

        __tracebackhide__ = True
        yield from await_call(self._call).__await__()
        return self._value(True)

    def _value(self, raise_on_failure: bool) -> T:
        __tracebackhide__ = True
        return cast("T", see(self._call).result(raise_on_failure))

    def __repr__(self) -> str:
        state = self._call.state
        return f"<TaskFuture {self.name}: {'not done' if state is None else state.name}>"


class Waited(NamedTuple):
    """What `wait` returns."""

    done: set[TaskFuture[Any]]
    not_done: set[TaskFuture[Any]]


def as_completed(futures: Iterable[TaskFuture[T]], timeout: float | None = None) -> Iterator[TaskFuture[T]]:
    """Yield futures in the order in which their runs end.

    Parameters
    ----------
    timeout
        Seconds for all of them together.

    Raises
    ------
    TimeoutError
        With how many have not ended.
    """
    waited_for = list(futures)
    ended: SimpleQueue[Any] = SimpleQueue()
    for future in waited_for:
        refuse_own_loop(future._call)
        refuse_in_forked_child(future._call)
    for future in waited_for:
        future._call.add_callback(lambda future=future: ended.put(future))  # type: ignore[misc]
    deadline = None if timeout is None else time.monotonic() + timeout
    for position in range(len(waited_for)):
        try:
            seconds = None if deadline is None else deadline - time.monotonic()
            future = take_noted(ended, seconds, waited_for[0]._call.run.session, [each._call for each in waited_for])
        except Empty:
            left = len(waited_for) - position
            raise TimeoutError(f"{left} of {len(waited_for)} task runs have not ended within {timeout:g} s") from None
        if isinstance(future, BaseException):
            raise future
        yield future.wait()


def wait(futures: Iterable[TaskFuture[Any]], timeout: float | None = None) -> Waited:
    """Wait for futures, at most ``timeout`` seconds in all; return which are done and which are not."""
    deadline = None if timeout is None else time.monotonic() + timeout
    waited_for = list(futures)
    for future in waited_for:
        future.wait(None if deadline is None else deadline - time.monotonic())
    done = {future for future in waited_for if future.done()}
    return Waited(done, set(waited_for) - done)


def _result_of(timeout: float | None, raise_on_failure: bool, future: TaskFuture[T]) -> T:
    __tracebackhide__ = True
    return future.result(timeout, raise_on_failure)


class FutureList(FuturesLike, list[TaskFuture[T]]):
    """What `.map` returns: a list of futures that can be waited for as one."""

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> list[T]:
        """Return the values in order; the first failure is raised after all have ended."""
        __tracebackhide__ = True
        self.wait(timeout)
        return [*map(partial(_result_of, 0 if timeout is not None else None, raise_on_failure), self)]

    def wait(self, timeout: float | None = None) -> FutureList[T]:
        """Wait for all of them. Returns itself."""
        wait(self, timeout)
        return self


__all__ = ["FutureList", "TaskFuture", "Waited", "as_completed", "wait"]
