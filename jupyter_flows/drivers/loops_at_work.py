"""The event loops that runs are under way on: user code may close one, and a loop tells nobody that it was closed."""

from __future__ import annotations

import os
from typing import Any

from jupyter_flows.drivers.calls import Call

_AT_WORK: dict[Call, Any] = {}

CLOSED = "the event loop it ran on was closed before it had ended: await it there first"


def note_at_work(call: Call, loop: Any) -> None:
    """Note that a run is under way on a loop."""
    _AT_WORK[call] = loop


def note_left(call: Call) -> None:
    """Take back what `note_at_work` noted."""
    _AT_WORK.pop(call, None)


def take_stranded() -> list[Call]:
    """Return the runs whose loop was closed under them, once: nothing will ever go on there."""
    under_way = list(_AT_WORK.items())
    closed = {loop for loop in {loop for _, loop in under_way} if loop.is_closed()}  # asked once: all its runs, or none
    stranded = [call for call, loop in under_way if loop in closed]
    for call in stranded:
        note_left(call)
    return stranded


os.register_at_fork(after_in_child=_AT_WORK.clear)

__all__ = ["CLOSED", "note_at_work", "note_left", "take_stranded"]
