"""Targets, as the commands take them."""

from __future__ import annotations

from jupyter_flows.authoring.targets import AnyFlow, find_flow, find_recorded, is_notebook

__all__ = ["AnyFlow", "find_flow", "find_recorded", "is_notebook"]
