"""How a cell ended, and how a kernel's reply tells it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_flows.model.events import Outcome
from jupyter_flows.notebooks.nbformat4 import Node, tags_of
from jupyter_flows.notebooks.stopping import StopReason
from jupyter_flows.notebooks.told_signal import signal_of

MAY_RAISE_TAG = "raises-exception"


@dataclass(frozen=True, slots=True)
class Completed:
    """A cell ended well; ``exited`` when it asked the kernel to end.

    Parameters
    ----------
    name, message
        Of the state, which a task may have chosen: Completed, Skipped, Cached.
    """

    exited: bool = False
    name: str = "Completed"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """A cell raised, as the kernel tells it; the traceback has colours, and ``signal`` is what a task meant by it."""

    name: str
    value: str
    traceback: str
    signal: Outcome | None = None


@dataclass(frozen=True, slots=True)
class PassedLimit:
    """A cell passed its time limit, in seconds; ``answers`` when the kernel can go on after the interrupt."""

    limit: float
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Died:
    """The kernel's process ended while a cell ran."""

    why: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody stopped the notebook while a cell ran."""

    reason: StopReason


CellEnd = Completed | Raised | PassedLimit | Died | Stopped
Answered = tuple[Mapping[str, Any] | None, str]
"""What an expression gave, as a bundle; else None, and why."""
Ask = Callable[[str, str], Awaitable[Answered]]
"""Runs code silently (the second text) and then evaluates an expression (the first) in the kernel."""


def answer_of(reply: Mapping[str, Any]) -> Answered:
    """What an expression gave, as a bundle; else why it gave nothing."""
    told = (reply.get("user_expressions") or {}).get("answer") if reply.get("status") == "ok" else reply
    if isinstance(told, dict) and told.get("status") == "ok":
        return told.get("data") or {}, ""
    found = told if isinstance(told, dict) else {}
    return None, f"{found.get('ename', 'no answer')}: {found.get('evalue', '')}"


def outcome_of(reply: Mapping[str, Any], cell: Node) -> CellEnd:
    """What a kernel's reply says of a cell's end."""
    if reply.get("status") == "ok":
        payload = reply.get("payload") or ()
        return Completed(exited=any(part.get("source") == "ask_exit" for part in payload))
    if MAY_RAISE_TAG in tags_of(cell):
        return Completed()
    lines, signal = reply.get("traceback") or (), signal_of(reply.get("signal"))
    return Raised(str(reply.get("ename", "")), str(reply.get("evalue", "")), "\n".join(map(str, lines)), signal)


__all__ = [
    "MAY_RAISE_TAG",
    "Answered",
    "Ask",
    "CellEnd",
    "Completed",
    "Died",
    "PassedLimit",
    "Raised",
    "Stopped",
    "answer_of",
    "outcome_of",
]
