"""States to raise and return."""

from __future__ import annotations

from jupyter_flows.model.signals import Cancelled, Completed, Crashed, Failed, Paused, Retry, Skipped
from jupyter_flows.model.states import State, StateKind

StateType = StateKind

__all__ = ["Cancelled", "Completed", "Crashed", "Failed", "Paused", "Retry", "Skipped", "State", "StateType"]
