"""An earlier name of a server that is not needed."""

from __future__ import annotations

__all__ = []
