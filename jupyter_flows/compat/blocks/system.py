"""Blocks that come along."""

from __future__ import annotations

from jupyter_flows.authoring.system_blocks import JSON, DateTime, String
from jupyter_flows.authoring.system_blocks import SecretBlock as Secret

__all__ = ["JSON", "DateTime", "Secret", "String"]
