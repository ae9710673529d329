"""A cell interrupted while it waited for a run: the notebook shows its own lines only, and not what it waited by.

Python gives an interrupt the frames of all that it leaves, the innermost last; IPython hides ours but for that one.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from jupyter_flows.errors.user_lines import OURS, without_frames

_INTERRUPTS = (KeyboardInterrupt,)


def show_interrupts_plainly(shell: Any) -> None:
    """Show the user's frames only; where somebody shows some errors in a way of his own, he does."""
    if not shell.custom_exceptions:
        shell.set_custom_exc(_INTERRUPTS, _show)


def show_interrupts_as_before(shell: Any) -> None:
    """Take that back, unless somebody has put something in its place."""
    if shell.custom_exceptions is _INTERRUPTS:
        shell.set_custom_exc((), None)


def _show(
    shell: Any, kind: type[BaseException], error: BaseException, traceback: TracebackType, tb_offset: int | None = None
) -> None:
    shell.showtraceback((kind, error, without_frames(traceback, OURS)), tb_offset=tb_offset)


__all__ = ["show_interrupts_as_before", "show_interrupts_plainly"]
