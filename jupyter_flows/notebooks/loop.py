"""Running a coroutine to its end from plain code, also where a loop runs already (a notebook cell), never patching it.

An interrupt of the calling thread cancels the coroutine, waits until it has cleaned up, and then goes on.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any


def run_in_own_loop(start: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``start()`` in a loop of its own and return when it has ended.

    Raises
    ------
    BaseException
        What the coroutine raised; KeyboardInterrupt (or what a signal handler raises) once it has cleaned up.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # The runner turns the first interrupt into a cancellation of the coroutine and waits for its clean-up.
        with asyncio.Runner() as runner:
            runner.run(start())
        return
    _InThread(start).run()


class _InThread:
    def __init__(self, start: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._start = start
        self._outcome: Future[None] = Future()
        self._stop: Callable[[], object] | None = None
        self._known = threading.Event()

    def run(self) -> None:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(self._body,), name="notebook execution", daemon=True)
        thread.start()
        try:
            self._outcome.result()
        except BaseException:
            self._cancel(thread)
            raise

    def _cancel(self, thread: threading.Thread) -> None:
        self._known.wait()
        if self._stop is not None and not self._outcome.done():
            self._stop()
        thread.join()

    def _body(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._main(runner.get_loop()))
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
            self._outcome.set_exception(error)
        else:
            self._outcome.set_result(None)
        finally:
            self._known.set()

    async def _main(self, loop: asyncio.AbstractEventLoop) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._stop = lambda: loop.is_closed() or loop.call_soon_threadsafe(task.cancel)
        self._known.set()
        await self._start()
