"""Where submitted task runs are run: chosen by argument or by one setting, with no change to the flow."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Protocol

from jupyter_flows.drivers.calls import Call, Place
from jupyter_flows.drivers.threads import PoolPlace
from jupyter_flows.drivers.workers import WorkerPool, must_not_wait
from jupyter_flows.errors import BadOption


class TaskRunner(Protocol):
    """Runs the submitted sync task runs of one or many flow runs."""

    @property
    def inline(self) -> bool:
        """Whether `.submit` runs the task at once, in its caller."""
        ...

    def place(self, call: Call) -> Place:
        """Return where this call's attempts are to run."""
        ...

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function of the user's in a thread of the runner."""
        ...

    def close(self) -> None:
        """Let threads end when they have no more to do."""
        ...


class ThreadPoolTaskRunner:
    """Run submitted tasks in threads.

    Parameters
    ----------
    max_workers
        Threads that run tasks at a time; a thread that waits for another run does not count.
    """

    inline = False

    def __init__(self, max_workers: int = 8) -> None:
        if isinstance(max_workers, bool) or not isinstance(max_workers, int) or max_workers < 1:
            raise BadOption("ThreadPoolTaskRunner", "max_workers", max_workers, "give a whole number from 1 up")
        self.max_workers = max_workers
        self._making = threading.RLock()  # what a signal interrupts may be called again by its handler
        self._place: _Pool | None = None

    @property
    def pool(self) -> WorkerPool | None:
        """The threads, once there are some."""
        place = self._place
        return None if place is None else place.pool

    def place(self, call: Call) -> Place:
        """The pool, made with its first task."""
        return self._threads()

    def _threads(self) -> _Pool:
        with self._making:
            self._place = self._place or _Pool(self.max_workers)
            return self._place

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Queue a function."""
        self._threads().call_soon(function, *args)

    def close(self) -> None:
        """Let the threads end when they have no more to do."""
        with self._making:
            place, self._place = self._place, None
        if place is not None:
            place.pool.close()

    def __repr__(self) -> str:
        return f"ThreadPoolTaskRunner(max_workers={self.max_workers})"


class _Callback:
    __slots__ = ("args", "context", "function")

    def __init__(self, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.function, self.args, self.context = function, args, copy_context()


class _Pool(PoolPlace):
    """A pool that also calls plain functions."""

    __slots__ = ()

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Queue a function."""
        self.pool.put(_Callback(function, args))

    def _perform(self, order: Any) -> None:
        if type(order) is _Callback:
            _call_back(order)
        else:
            super()._perform(order)


def _call_back(callback: _Callback) -> None:
    try:
        callback.context.run(callback.function, *callback.args)
    except Exception:
        logging.getLogger("jupyter_flows").exception("a done callback raised")


class SequentialTaskRunner:
    """Run each submitted task at once, in its caller: for debugging and for code that no thread may run."""

    inline = True

    def place(self, call: Call) -> Place:
        """No place is needed: the caller drives the run."""
        raise NotImplementedError

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Call the function here and now; in a thread where this one has no time for it."""
        callback = _Callback(function, args)
        if must_not_wait():
            threading.Thread(target=_call_back, args=(callback,), name="jupyter-flows-callback", daemon=True).start()
        else:
            _call_back(callback)

    def close(self) -> None:
        """Nothing to end."""

    def __repr__(self) -> str:
        return "SequentialTaskRunner()"
