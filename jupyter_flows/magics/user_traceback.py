"""A user's error as the user wrote it: the notebook shows its own lines only, none of ours and none of IPython's."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Any

from jupyter_flows.drivers.processes import RemoteTraceback
from jupyter_flows.drivers.tracebacks import without_our_frames

_RENDERER = "_render_traceback_"  # what IPython asks an exception for


class UserErrors:
    """Errors that this cell raises on behalf of a task.

    Parameters
    ----------
    shell
        What formats them.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._marked: list[tuple[BaseException, TracebackType | None]] = []

    def mark(self, error: BaseException, heading: str = "") -> BaseException:
        """Let the shell show only the user's frames of an error, below a heading; return the error."""
        traceback = without_our_frames(error).__traceback__

        def render() -> list[str]:
            lines = self._formatted(error, traceback)
            return [heading, *lines] if heading else lines

        with suppress(AttributeError, TypeError):  # a class of the user's that takes no attributes
            object.__setattr__(error, _RENDERER, render)
            self._marked.append((error, traceback))
        return error

    def lines(self, error: BaseException) -> list[str]:
        """The traceback of an error, with the user's frames only."""
        return self._formatted(error, without_our_frames(error).__traceback__)

    def _formatted(self, error: BaseException, traceback: Any) -> list[str]:
        kind, formatter = type(error), self._shell.InteractiveTB
        if traceback is None and isinstance(error.__cause__, RemoteTraceback):
            return error.__cause__.args[0].splitlines()
        if traceback is None:
            return formatter.get_exception_only(kind, error)
        return formatter.structured_traceback(kind, error, traceback, tb_offset=0)

    def forget(self, *_: object) -> None:
        """Give the errors back as they were: after the cell they are values like any other, that may be pickled."""
        marked, self._marked = self._marked, []
        for error, traceback in marked:
            error.__dict__.pop(_RENDERER, None)
            error.__traceback__ = traceback  # without the cell that raised it again, which may be one of several
