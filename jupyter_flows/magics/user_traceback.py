"""A user's error as the user wrote it: the notebook shows its own lines only, none of ours and none of IPython's."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

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
        self._marked: list[BaseException] = []

    def mark(self, error: BaseException, heading: str = "") -> BaseException:
        """Let the shell show only the user's frames of an error, below a heading; return the error."""
        traceback = without_our_frames(error).__traceback__
        shell = self._shell

        def render() -> list[str]:
            kind, formatter = type(error), shell.InteractiveTB
            if traceback is None:
                lines = formatter.get_exception_only(kind, error)
            else:
                lines = formatter.structured_traceback(kind, error, traceback, tb_offset=0)
            return [heading, *lines] if heading else lines

        with suppress(AttributeError, TypeError):  # a class of the user's that takes no attributes
            object.__setattr__(error, _RENDERER, render)
            self._marked.append(error)
        return error

    def forget(self, *_: object) -> None:
        """Give the errors back as they were: after the cell they are values like any other, that may be pickled."""
        marked, self._marked = self._marked, []
        for error in marked:
            error.__dict__.pop(_RENDERER, None)
