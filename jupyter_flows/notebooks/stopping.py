"""Stopping a notebook from any thread: no signal is sent, and why it was stopped is what every record will say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a notebook is stopped.

    Parameters
    ----------
    state
        The name of the state that its running cell ends in: Cancelled, TimedOut, Interrupted.
    message
        For people.
    """

    state: str
    message: str


CANCELLED = StopReason("Cancelled", "")


class StopHandle:
    """Stops one execution. Any thread, any moment, also before the execution has begun; the first reason counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: StopReason | None = None
        self._wake: Callable[[], object] | None = None

    @property
    def reason(self) -> StopReason | None:
        """Why it is being stopped; None where nobody has asked."""
        return self._reason

    def stop(self, reason: StopReason = CANCELLED) -> None:
        """Ask for the end: the running cell is interrupted, its kernel stopped, the copy saved."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason, wake = reason, self._wake
        if wake is not None:
            wake()

    def listen(self, wake: Callable[[], object] | None) -> None:
        """Say what is to be called, from any thread, when somebody asks; at once where somebody has."""
        with self._lock:
            self._wake = wake
            asked = self._reason is not None
        if asked and wake is not None:
            wake()
