"""Functions that are called beside an event loop, which they must not hold up: in threads of our own.

Those of `asyncio.to_thread` are few, may all be taken by who waits for these very functions, and take nothing in any
more when the interpreter ends, while runs still do.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any

from jupyter_flows.drivers.workers import WorkerPool

_SIZE = 8
"""Threads at work at a time; one that waits for a run gives its place to another."""

_pool: WorkerPool | None = None
_making = threading.RLock()


async def beside(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in a thread, with the context variables of now; return its value or raise what it raised."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def tell(value: Any, error: BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: ended.done() or ended.set_result((value, error)))

    _threads().put((partial(copy_context().run, function, *args), tell))
    value, error = await ended
    if error is not None:
        raise error
    return value


def _perform(job: tuple[Callable[[], Any], Callable[[Any, BaseException | None], None]]) -> None:
    function, tell = job
    try:
        value = function()
    except BaseException as error:  # noqa: BLE001 - raised where it is awaited
        tell(None, error)
    else:
        tell(value, None)


def _threads() -> WorkerPool:
    global _pool  # noqa: PLW0603 - one per process
    with _making:
        if _pool is None:
            _pool = WorkerPool(_SIZE, _perform, "jupyter-flows-beside")
        return _pool


def _forget() -> None:
    global _pool, _making
    _pool, _making = None, threading.RLock()


os.register_at_fork(after_in_child=_forget)

__all__ = ["beside"]
