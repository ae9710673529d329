"""How the process of a kernel ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KernelEnd:
    """The end of a kernel's process; its text is for people.

    Parameters
    ----------
    code
        The exit code; the negative number of the signal that ended it; None where nobody could see it.
    """

    code: int | None

    @property
    def signal(self) -> int | None:
        """The signal that ended the process; None where it ended otherwise."""
        return -self.code if self.code is not None and self.code < 0 else None

    def __str__(self) -> str:
        if self.code is None:
            return "its process ended, and nobody saw how"
        if self.code >= 0:
            return f"its process ended with exit status {self.code}"
        reason = ", maybe out of memory" if -self.code == signal.SIGKILL else ""
        return f"signal {-self.code} ({_name(-self.code)}{reason})"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "real-time"
