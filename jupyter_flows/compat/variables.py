"""Small values by name."""

from __future__ import annotations

from jupyter_flows.authoring.variable import Variable

__all__ = ["Variable"]
