"""Which flow run and task run the present code belongs to."""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jupyter_flows.drivers.calls import Call
    from jupyter_flows.drivers.flow_runs import FlowRunHandle


class Frame(NamedTuple):
    """The innermost run around the present code; ``call.number`` 0 means the flow's own body."""

    run: FlowRunHandle
    call: Call


FRAME: ContextVar[Frame | None] = ContextVar("jupyter_flows_frame", default=None)

_forked = False
_works_for_another = False


def _note_fork() -> None:
    global _forked  # noqa: PLW0603 - one fact per process
    _forked = True
    FRAME.set(None)


os.register_at_fork(after_in_child=_note_fork)


def note_worker_process() -> None:
    """Say that this process works for another one's runs: like a forked child, it has no session."""
    global _forked, _works_for_another  # noqa: PLW0603 - one fact per process
    _forked = _works_for_another = True


def in_worker_process() -> bool:
    """Whether this process, or the one it was forked off, runs tasks of another process's flow runs."""
    return _works_for_another


def in_forked_child() -> bool:
    """Whether this process belongs to another one that may have runs: such a child records nothing."""
    return _forked


def current_frame() -> Frame | None:
    """Return the innermost run around the present code, if there is one."""
    return FRAME.get()
