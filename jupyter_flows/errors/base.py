"""The root of every error that is a user's business."""

from __future__ import annotations

import sys
from pathlib import Path
from traceback import format_exception
from typing import Any

from jupyter_flows.errors.user_lines import OURS, without_frames

__all__ = ["JupyterFlowsError"]


class JupyterFlowsError(Exception):
    """The root of every error that is a user's business.

    An error takes typed fields and builds its own message. It crosses to another process with both, although
    ``args``, by which Python makes exceptions again, holds the message alone.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (type(self), self.args), vars(self)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it, by the name that IPython asks for: the user's own lines, and what it says."""
        ipython: Any = sys.modules["IPython"]  # which asks
        traceback = without_frames(self.__traceback__, OURS, str(Path(ipython.__file__).parent))
        shell = ipython.get_ipython()
        if shell is None:
            return format_exception(type(self), self, traceback)
        if traceback is None:
            return shell.InteractiveTB.get_exception_only(type(self), self)
        return shell.InteractiveTB.structured_traceback(type(self), self, traceback, tb_offset=0)


def _made_again(kind: type[JupyterFlowsError], args: tuple[object, ...]) -> JupyterFlowsError:
    error = kind.__new__(kind)
    # what Python's own kinds of errors keep beside `args`, such as ImportError's `msg`; the fields follow as state
    super(JupyterFlowsError, error).__init__(*args)
    return error
