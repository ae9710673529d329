"""How a state looks in a terminal: an icon, a word and a colour, in that order of importance."""

from __future__ import annotations

from jupyter_flows.graph.palette import look
from jupyter_flows.model.states import State, StateKind

# The name of a look (`Look.css`) to its icon, one column wide, and its colour.
_LOOKS = {
    "completed": ("✓", "green"),
    "cached": ("↯", "cyan"),
    "running": ("◐", "blue"),
    "retrying": ("↻", "yellow"),
    "failed": ("✗", "red"),
    "crashed": ("▲", "bold red"),
    "paused": ("‖", "magenta"),
    "pending": ("○", "dim"),
    "skipped": ("»", "dim"),
    "cancelled": ("⊘", "dim"),
    "scheduled": ("◷", "dim"),
}


def icon(name: str, kind: StateKind | None = None) -> str:
    """The icon of a state."""
    return _LOOKS[look(name, kind).css][0]


def style(name: str, kind: StateKind | None = None) -> str:
    """The colour of a state, as rich names it."""
    return _LOOKS[look(name, kind).css][1]


def state_style(state: State) -> str:
    """The colour of a state."""
    return style(state.name, state.kind)
