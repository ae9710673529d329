"""The end of a child process: awaited, or brought about, with all that it started in its process group."""

from __future__ import annotations

import contextlib
import os
import signal
import time

_STEP = 0.002


def await_end(process: int, seconds: float) -> int:
    """Wait for a child that leads its process group, kill it when the time is over, and reap it.

    Returns
    -------
    int
        Its exit code; the negative number of the signal where one ended it.
    """
    deadline = time.monotonic() + seconds
    while not _has_ended(process) and time.monotonic() < deadline:
        time.sleep(_STEP)
    kill_group(process)  # before it is reaped: until then no other process can have its number
    try:
        _, how = os.waitpid(process, 0)
    except ChildProcessError:  # somebody else's wait took it
        return 0
    return os.waitstatus_to_exitcode(how)


def _has_ended(process: int) -> bool:
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return False
    try:
        return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def kill_group(process: int) -> None:
    """Kill a process group, if it is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
