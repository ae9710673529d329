"""The classic names of the states that a task raises or returns: ``raise SKIP("nothing new")``."""

from __future__ import annotations

from jupyter_flows.model.signals import FAIL, PAUSE, RETRY, SKIP, SUCCESS

__all__ = ["FAIL", "PAUSE", "RETRY", "SKIP", "SUCCESS"]
