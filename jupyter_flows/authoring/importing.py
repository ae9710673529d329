"""Whether somebody's file is being imported to find a flow in it: then it must not deploy or serve by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_depth: ContextVar[int] = ContextVar("jupyter_flows_importing", default=0)


@contextmanager
def importing() -> Iterator[None]:
    """Mark a block in which a file is imported."""
    token = _depth.set(_depth.get() + 1)
    try:
        yield
    finally:
        _depth.reset(token)


def is_importing() -> bool:
    """Whether this code runs because its file is being imported to find a flow in it."""
    return _depth.get() > 0


__all__ = ["importing", "is_importing"]
