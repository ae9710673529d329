"""One event loop in a thread of its own for all notebooks of this process that plain code executes.

So it works alike in a script, in a thread, and in a notebook cell where a loop runs already; nothing is ever patched,
and kernels may still be ending while their run has been reported.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, TypeVar

_T = TypeVar("_T")

# What kernels get to end by themselves when this process ends; whatever is left then is killed.
_FAREWELL_SECONDS = 3.0


class BackgroundLoop:
    """An event loop that runs in a daemon thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._lingering: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="notebook execution", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine to its end and return its value.

        What interrupts the calling thread (Ctrl-C, a signal handler that raises) cancels the coroutine, waits until it
        has cleaned up, and then goes on.
        """
        outcome: Future[_T] = Future()
        tasks: list[asyncio.Task[None]] = []

        def begin() -> None:
            tasks.append(self._loop.create_task(_settle(coroutine, outcome)))

        self._loop.call_soon_threadsafe(begin, context=contextvars.copy_context())
        try:
            return outcome.result()
        except BaseException:
            if not outcome.done():
                self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
                wait([outcome])
            raise

    def linger(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine go on by itself; called from within the loop."""
        task = self._loop.create_task(coroutine)
        self._lingering.add(task)
        task.add_done_callback(self._lingering.discard)

    def close(self) -> None:
        """Wait a moment for what lingers, and end the loop."""
        if self._loop.is_closed():
            return
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._farewell(), self._loop).result(_FAREWELL_SECONDS + 1)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_FAREWELL_SECONDS)
        if not self._loop.is_running():
            self._loop.close()

    async def _farewell(self) -> None:
        if self._lingering:
            await asyncio.wait(self._lingering, timeout=_FAREWELL_SECONDS)


async def _settle(coroutine: Coroutine[Any, Any, _T], outcome: Future[_T]) -> None:
    try:
        outcome.set_result(await coroutine)
    except BaseException as error:  # noqa: BLE001 - handed to the waiting thread; here it would end the loop
        outcome.set_exception(error)


_loops: dict[int, BackgroundLoop] = {}
_lock = threading.Lock()


def background_loop() -> BackgroundLoop:
    """The loop of this process; a forked child gets its own."""
    with _lock:
        found = _loops.get(os.getpid())
        if found is None:
            found = _loops[os.getpid()] = BackgroundLoop()
            atexit.register(_close, os.getpid())
        return found


def _close(pid: int) -> None:
    if os.getpid() == pid:
        _loops[pid].close()
