"""How much the API takes and gives."""

from __future__ import annotations

PAGE = 500  # runs, or task runs, of one answer
LOG_LINES = 5_000
BODY_BYTES = 1_000_000  # of a request; notebooks are named, never sent
CHILDREN = 100  # called runs that a run's detail lists

__all__ = ["BODY_BYTES", "CHILDREN", "LOG_LINES", "PAGE"]
