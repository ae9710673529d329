"""The classic names of what a task raises or returns to end in a chosen state: ``raise SKIP("nothing new")``."""

from __future__ import annotations

from jupyter_flows.model.signals import (
    Completed,
    EndRun,
    Failed,
    Loop,
    Paused,
    Retry,
    Skipped,
    TriggerFailed,
    ValidationFailed,
)

__all__ = ["ENDRUN", "FAIL", "LOOP", "PAUSE", "RETRY", "SKIP", "SUCCESS", "TRIGGERFAIL", "VALIDATIONFAIL"]

ENDRUN = EndRun
FAIL = Failed
LOOP = Loop
PAUSE = Paused
RETRY = Retry
SKIP = Skipped
SUCCESS = Completed
TRIGGERFAIL = TriggerFailed
VALIDATIONFAIL = ValidationFailed
