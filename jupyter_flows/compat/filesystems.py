"""Blocks of files."""

from __future__ import annotations

from jupyter_flows.authoring.system_blocks import LocalFileSystem

__all__ = ["LocalFileSystem"]
