"""Blocks by the names of their modules."""

from __future__ import annotations

from jupyter_flows.authoring.block import Block

__all__ = ["Block"]
