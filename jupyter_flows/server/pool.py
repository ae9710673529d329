"""The threads in which everything is read and written: the server's event loop waits for none of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from jupyter_flows.errors import ServerBusy

Value = TypeVar("Value")
_THREADS = 8  # some wait for a child that begins
_MOST_WAITING = 64


class Pool:
    """A few threads, and a bounded queue before them.

    Parameters
    ----------
    seconds
        After how long an answer is given up; its thread goes on until it is through.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="jupyter-flows-api")
        self._waiting = 0

    async def perform(self, action: Callable[[], Value]) -> Value:
        """Do something in a thread.

        Raises
        ------
        ServerBusy
            It took too long, or too much waits already.
        """
        if self._waiting >= _MOST_WAITING:
            raise ServerBusy(0.0)
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, action)
        future.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self._seconds)
        except TimeoutError:
            if future.done() and not future.cancelled() and future.exception() is not None:
                raise  # one of its own
            raise ServerBusy(self._seconds) from None

    def close(self) -> None:
        """Take nothing more; what is being done is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _done(self, future: asyncio.Future[Value]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # looked at: who asked may have gone


__all__ = ["Pool"]
