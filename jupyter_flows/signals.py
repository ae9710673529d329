"""The classic names of what a task raises or returns to end in a chosen state: ``raise SKIP("nothing new")``."""

from __future__ import annotations

from jupyter_flows.model.signals import Completed, Failed, Paused, Retry, Skipped, TriggerFailed

__all__ = ["FAIL", "PAUSE", "RETRY", "SKIP", "SUCCESS", "TRIGGERFAIL"]

FAIL = Failed
PAUSE = Paused
RETRY = Retry
SKIP = Skipped
SUCCESS = Completed
TRIGGERFAIL = TriggerFailed
