"""What decides how runs end."""

from __future__ import annotations

from jupyter_flows.compat.engine import signals

__all__ = ["signals"]
