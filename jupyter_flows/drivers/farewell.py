"""What a process that is told to terminate does before its end: runs in other threads come to their own."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from jupyter_flows.drivers.interrupts import before_termination

if TYPE_CHECKING:
    from jupyter_flows.drivers.session import Session

_PATIENCE = 9.0  # seconds: who sends SIGTERM mostly kills after ten; a kernel is stopped in one, or in some under load
_LOOK_EVERY = 0.01


def await_ends_at_termination(session: Session) -> None:
    """Let a process that SIGTERM ends wait a moment for the runs that the outermost one has called.

    The outermost run has ended as Interrupted then, and has told them to.
    """
    before_termination(partial(_await_ends, session))


def _await_ends(session: Session) -> None:
    until = time.monotonic() + _PATIENCE
    while any(run.parent is not None for run in session.live_runs()) and time.monotonic() < until:
        time.sleep(_LOOK_EVERY)


__all__ = ["await_ends_at_termination"]
