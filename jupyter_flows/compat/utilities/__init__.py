"""What guides import from a package of small things."""

from __future__ import annotations

from jupyter_flows.compat.utilities import notifications

__all__ = ["notifications"]
