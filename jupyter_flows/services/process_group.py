"""The process group that a run of a deployment has to itself: nothing of it outlives the run."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_LOOK_EVERY = 0.02
_KILLED_SECONDS = 2.0  # after SIGKILL: more only where the system itself hangs


def lead_a_group() -> None:
    """Let this process lead a process group of its own, where whoever started it has not seen to that."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


def others_in_group() -> list[int]:
    """The other living processes of this one's group."""
    mine, me = os.getpgrp(), os.getpid()
    return [pid for pid, group in _living() if group == mine and pid != me]


def end_others(grace: float) -> int:
    """End the other processes of this one's group; return how many there were.

    Parameters
    ----------
    grace
        Seconds that they get to end by themselves, from SIGTERM on.
    """
    found = others_in_group()
    left = found
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, _KILLED_SECONDS)):
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        until = time.monotonic() + seconds
        while (left := others_in_group() if left else []) and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)
    return len(found)


def kill_group() -> None:
    """Kill this process and its group, now."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _living() -> Iterator[tuple[int, int]]:
    """Number and group of every process that is not a zombie."""
    if not sys.platform.startswith("linux"):
        yield from _living_elsewhere()
        return
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                # The second field is the program's name in parentheses and may itself hold spaces and parentheses.
                state, _, group = (place / "stat").read_bytes().rpartition(b")")[2].split()[:3]
                if state not in {b"Z", b"X"}:
                    yield int(place.name), int(group)


def _living_elsewhere() -> Iterator[tuple[int, int]]:
    import psutil  # where /proc is missing

    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                yield pid, os.getpgid(pid)


__all__ = ["end_others", "kill_group", "lead_a_group", "others_in_group"]
