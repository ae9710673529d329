"""One event loop in a thread of its own for all notebooks of this process that plain code executes.

So it works alike in a script, in a thread, and in a notebook cell where a loop runs already; nothing is ever patched.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future, wait
from typing import Any, TypeVar

_T = TypeVar("_T")

_FAREWELL_SECONDS = 3.0  # for the thread to end with its process


class BackgroundLoop:
    """An event loop that runs in a daemon thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="notebook execution", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine to its end and return its value.

        What interrupts the calling thread (Ctrl-C, a signal handler that raises) cancels the coroutine, waits until it
        has cleaned up, and then goes on.
        """
        outcome: Future[_T] = Future()
        tasks: list[asyncio.Task[None]] = []

        def never_begun(_task: object = None) -> None:
            if not outcome.done():
                coroutine.close()
                outcome.set_exception(CancelledError())

        def begin() -> None:
            task = self._loop.create_task(_settle(coroutine, outcome))
            task.add_done_callback(never_begun)
            tasks.append(task)

        def give_up() -> None:
            for task in tasks:
                task.cancel()
            if not tasks:
                never_begun()

        try:
            self._loop.call_soon_threadsafe(begin, context=contextvars.copy_context())
            return outcome.result()
        except BaseException:
            if not outcome.done():
                self._loop.call_soon_threadsafe(give_up)
                wait([outcome])
            raise

    def close(self) -> None:
        """End the loop and its thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_FAREWELL_SECONDS)
            if not self._loop.is_running():
                self._loop.close()


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
