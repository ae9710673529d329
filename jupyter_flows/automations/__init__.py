"""Automations: what waits for an event, and what it does then. Nothing here reads a clock, a file or the store."""

from __future__ import annotations

from jupyter_flows.automations.actions import CancelRun, Notify, PauseSchedule, ResumeSchedule, RunDeployment
from jupyter_flows.automations.triggers import (
    on_absence,
    on_event,
    on_failure,
    on_file,
    on_late,
    on_run_end,
)

__all__ = [
    "CancelRun",
    "Notify",
    "PauseSchedule",
    "ResumeSchedule",
    "RunDeployment",
    "on_absence",
    "on_event",
    "on_failure",
    "on_file",
    "on_late",
    "on_run_end",
]
