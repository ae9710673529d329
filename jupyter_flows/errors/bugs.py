"""Our own mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_flows.model.states import StateKind

__all__ = [
    "EngineBug",
    "IllegalTransition",
    "InvariantBroken",
]


class EngineBug(Exception):
    """Our mistake, never the user's."""


class IllegalTransition(EngineBug):
    """A move that the table of states does not allow."""

    def __init__(self, subject: object, old: StateKind, new: StateKind) -> None:
        self.subject, self.old, self.new = subject, old, new
        super().__init__(f"{subject}: no run may go from {old} to {new}")


class InvariantBroken(EngineBug):
    """Something that must hold does not."""
