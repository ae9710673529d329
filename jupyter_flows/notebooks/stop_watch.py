"""Waits that end when a deadline comes, or when somebody asks to stop."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from jupyter_flows.notebooks.stopping import StopHandle, StopReason


class StopWatch:
    """Ends waits when a deadline comes, or when somebody asks to stop.

    Parameters
    ----------
    handle
        Who asks.
    """

    def __init__(self, handle: StopHandle) -> None:
        self._handle = handle
        self._limit: asyncio.Timeout | None = None
        self._closed = False

    @property
    def reason(self) -> StopReason | None:
        """Why it is being stopped; None where nobody has asked."""
        return self._handle.reason

    def limit(self, when: float | None) -> asyncio.Timeout:
        """Context of one wait, until that time of the loop's clock; it ends in TimeoutError, at once when asked to."""
        if self.reason is not None and not self._closed:
            when = 0.0
        self._limit = asyncio.timeout_at(when)
        return self._limit

    def close(self) -> None:
        """End no more waits."""
        self._closed = True
        self._handle.listen(None)

    def __enter__(self) -> StopWatch:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed: too late
                loop.call_soon_threadsafe(self._expire, loop)

        self._handle.listen(wake)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._limit is not None and not self._closed:
            with suppress(RuntimeError):  # that wait is over
                self._limit.reschedule(loop.time())


__all__ = ["StopWatch"]
