"""The clock of a session, as a value that tests replace."""

from __future__ import annotations

from time import monotonic as _monotonic
from time import time as _time
from typing import Protocol


class Clock(Protocol):
    """Where times come from."""

    def time(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...


class SystemClock:
    """Wall time for records, monotonic time for waits, so that a changed wall clock fires no timer early."""

    time = staticmethod(_time)
    monotonic = staticmethod(_monotonic)
