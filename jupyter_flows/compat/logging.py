"""The logger of the present run."""

from __future__ import annotations

from jupyter_flows.drivers.logs import get_run_logger

__all__ = ["get_run_logger"]
