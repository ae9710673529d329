"""States: where a run stands, the closed kinds and the field's names for them."""

from __future__ import annotations

from jupyter_flows.model.states import (
    FINAL,
    NAMES,
    TRANSITIONS,
    State,
    StateKind,
    cancelled,
    completed,
    crashed,
    failed,
    paused,
    pending,
    running,
    scheduled,
)

__all__ = [
    "FINAL",
    "NAMES",
    "TRANSITIONS",
    "State",
    "StateKind",
    "cancelled",
    "completed",
    "crashed",
    "failed",
    "paused",
    "pending",
    "running",
    "scheduled",
]
