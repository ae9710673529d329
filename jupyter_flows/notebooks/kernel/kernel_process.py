"""The process of a kernel, as whoever speaks with the kernel knows it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Protocol

from jupyter_flows.notebooks.kernel.kernel_end import KernelEnd


class KernelProcess(Protocol):
    """A process that leads a session and a process group. Belongs to one event loop."""

    pid: int
    end: asyncio.Future[KernelEnd]
    """Done when the process has ended; by then all of its group is killed and the process reaped."""

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, if it is still there."""
        ...

    def close(self) -> None:
        """Give handles back; a process that has not ended is killed."""
        ...

    def detach(self) -> Callable[[float], None]:
        """Leave the event loop.

        Returns
        -------
        callable
            Waits, in any thread, for so many seconds for the end of the process, kills it then, reaps it, and gives
            the handles back. To be called once.
        """
        ...


def signal_group(group: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to a process group, if there is one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
