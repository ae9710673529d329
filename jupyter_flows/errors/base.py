"""The root of every error that is a user's business."""

from __future__ import annotations

from typing import Any

__all__ = ["JupyterFlowsError"]


class JupyterFlowsError(Exception):
    """The root of every error that is a user's business.

    An error takes typed fields and builds its own message. It crosses to another process with both, although
    ``args``, by which Python makes exceptions again, holds the message alone.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (type(self), self.args), vars(self)


def _made_again(kind: type[JupyterFlowsError], args: tuple[object, ...]) -> JupyterFlowsError:
    error = kind.__new__(kind)
    # what Python's own kinds of errors keep beside `args`, such as ImportError's `msg`; the fields follow as state
    super(JupyterFlowsError, error).__init__(*args)
    return error
