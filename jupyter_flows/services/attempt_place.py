"""Where a task cell's orders arrive: in the event loop that executes the notebook."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt, StopAttempt

Word = StartAttempt | Settle


class AttemptPlace:
    """The machine decides whether and when a cell is tried; who executes the notebook waits here for its word."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: deque[Word] = deque()
        self._wake: Callable[[], object] | None = None

    # -- by the session's thread ---------------------------------------------------------------------------------

    def start(self, order: StartAttempt) -> None:
        """An attempt is to begin."""
        self._say(order)

    def settle(self, order: Settle) -> None:
        """Publish the final state."""
        order.call.settle(order.state)  # type: ignore[attr-defined]
        self._say(order)

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """A cell has no hooks."""

    def stop(self, order: StopAttempt) -> None:
        """Who stops a cell stops the whole notebook."""

    def _say(self, word: Word) -> None:
        with self._lock:
            self._words.append(word)
            wake = self._wake
        if wake is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                wake()

    # -- by the event loop ---------------------------------------------------------------------------------------

    async def settled_or_started(self, attempt: int) -> Word:
        """Wait for the final state, or for the order of an attempt from this one on."""
        while True:
            word = await self._next()
            if isinstance(word, Settle) or word.attempt >= attempt:
                return word

    async def _next(self) -> Word:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._wake = lambda: loop.call_soon_threadsafe(told.set)
        try:
            while True:
                told.clear()
                if self._words:
                    return self._words.popleft()
                await told.wait()
        finally:
            with self._lock:
                self._wake = None


__all__ = ["AttemptPlace", "Word"]
