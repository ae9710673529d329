"""What guides import from a module of flows."""

from __future__ import annotations

from jupyter_flows.compat.calling import CompatFlow as Flow
from jupyter_flows.compat.calling import flow

__all__ = ["Flow", "flow"]
