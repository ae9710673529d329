"""Secrets by their name."""

from __future__ import annotations

from jupyter_flows.authoring.secret import Secret

__all__ = ["Secret"]
