"""Our own daemon threads: a bounded pool whose waiting threads give their place back.

`concurrent.futures` joins its threads at exit, so that one stuck task would keep the interpreter alive; a daemon
thread that was left behind is replaced here and never delays anything.
"""

from __future__ import annotations

import _thread
import logging
import selectors
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from queue import SimpleQueue
from typing import Any

from jupyter_flows.drivers.context import in_forked_child

Job = Callable[[Any], None]

_WAITING = frozenset({threading.__file__, selectors.__file__})
"""Where a thread stands that waits for another one: in `join`, a lock's or event's `wait`, or an idle event loop."""


class _Waits:
    """How many waits of one thread are open: several, where a loop runs in it."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open = 0


class Worker(threading.local):
    """What the present thread knows of its pool."""

    pool: WorkerPool | None = None
    job: Any = None
    waits: _Waits
    serves_all: bool = False


_HERE = Worker()


def note_serving_thread() -> None:
    """Say that every run needs this thread to go on: nothing may be waited for here."""
    _HERE.serves_all = True


def must_not_wait() -> bool:
    """Whether this is the thread that every run needs to go on."""
    return _HERE.serves_all


def refuse_where_all_is_served(name: str) -> None:
    """Refuse to wait for a run in the thread that every run needs to go on.

    Python may call a finalizer of the user's in any thread, so also there.

    Raises
    ------
    RuntimeError
    """
    if _HERE.serves_all:
        why = "cannot be waited for in the thread that every run needs to go on, where Python has called a finalizer"
        raise RuntimeError(f"{name} {why}: submit it without waiting, or call its `.fn`, which records nothing")


def start_aside(thread: threading.Thread) -> None:
    """Start a thread from a bare one: `Thread.start` waits, and the handler of a signal may come in that wait.

    A handler runs in the main thread alone; one that waits for a run would wait for what it has interrupted.
    """
    _thread.start_new_thread(thread.start, ())


class WorkerPool:
    """At most ``size`` threads that are not waiting for other runs.

    Parameters
    ----------
    size
        Threads that may run user code at a time.
    perform
        Called in a worker with each job.
    """

    def __init__(self, size: int, perform: Callable[[Any], None], name: str = "jupyter-flows-worker") -> None:
        self.size = size
        self._perform = perform
        self._name = name
        self._jobs: SimpleQueue[Any] = SimpleQueue()
        self._lock = threading.RLock()  # a finalizer may come in the midst, and wait for a run
        self._alive = 0
        self._extra = 0  # threads that wait, or were left behind
        self._closed = False
        self._threads: set[int] = set()

    def put(self, job: Any) -> None:
        """Queue a job. Never blocks."""
        self._jobs.put(job)
        if self._alive < self.size + self._extra:
            self._spawn()

    def _spawn(self) -> None:
        with self._lock:
            if self._alive >= self.size + self._extra or self._jobs.empty():
                return
            self._alive += 1
        try:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        except BaseException:  # the system has no more threads
            with self._lock:
                self._alive -= 1
            raise

    def _work(self) -> None:
        self._threads.add(threading.get_ident())
        try:
            self._serve()
        finally:
            self._threads.discard(threading.get_ident())

    def _serve(self) -> None:
        _HERE.pool, _HERE.waits = self, _Waits()
        get = self._jobs.get
        while True:
            job = get()
            if job is not None:  # else only woken, to look whether the pool was closed
                _HERE.job = job
                self._perform_safely(job)
                del job
                _HERE.job = None
                if in_forked_child():  # the pool is the parent's
                    return
            if (self._closed or self._alive > self.size + self._extra) and self._may_leave():
                self.refill()  # what was queued while this thread counted as there
                if self._closed:
                    self._jobs.put(None)  # wakes the next one
                return

    def _perform_safely(self, job: Any) -> None:
        try:
            self._perform(job)
        except BaseException:
            logging.getLogger("jupyter_flows").exception("a job of a worker thread raised")

    def _may_leave(self) -> bool:
        with self._lock:
            if (self._closed and self._jobs.empty()) or self._alive > self.size + self._extra:
                self._alive -= 1
                return True
            return False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Give this thread's place to another while it waits for other runs, however many of its coroutines do."""
        waits = _HERE.waits
        with self._lock:
            waits.open += 1
            self._extra += waits.open == 1
        try:
            if not self._jobs.empty():
                self._spawn()
            yield
        finally:
            with self._lock:
                waits.open -= 1
                self._extra -= waits.open == 0

    def leave_behind(self) -> Callable[[], None]:
        """Allow another thread in place of one that does not come back; call the result when it does."""
        with self._lock:
            self._extra += 1
        return self._came_back

    def refill(self) -> None:
        """Start a thread if one is allowed and there is something to do."""
        if not self._jobs.empty():
            self._spawn()

    def stands_still(self) -> bool:
        """Whether jobs are queued, no thread may take one, and one of the threads waits for a thread or an event."""
        if self._jobs.empty() or self._alive < self.size + self._extra:
            return False
        frames = sys._current_frames()  # noqa: SLF001 - nothing else tells where a thread stands
        at = (frames[thread].f_code.co_filename for thread in list(self._threads) if thread in frames)
        return any(file in _WAITING for file in at)

    def _came_back(self) -> None:
        with self._lock:
            self._extra -= 1

    def close(self) -> None:
        """Let every thread end when it has no more to do; what is queued later is done all the same."""
        self._closed = True
        self._jobs.put(None)


def current_pool() -> WorkerPool | None:
    """Return the pool whose thread this is, or None."""
    return _HERE.pool


def giving_place() -> AbstractContextManager[None]:
    """Context of a wait in a coroutine, whose loop may run in a pool's thread."""
    pool = _HERE.pool
    return nullcontext() if pool is None else pool.waiting()
