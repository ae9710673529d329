"""A flow run whose own code waits for somebody's word, in its process: what that does to its states and time limit."""

from __future__ import annotations

from dataclasses import replace

from jupyter_flows.engine.node import Node
from jupyter_flows.model.commands import Command, SetTimer
from jupyter_flows.model.events import FlowPaused
from jupyter_flows.model.states import PAUSED, RUNNING, State, paused


class Pauses:
    """The pauses of one flow run that are open now; several, where its code waits in several places at once."""

    __slots__ = ("_count", "_deadline", "_since", "timer")

    def __init__(self) -> None:
        self.timer = "deadline"  # the name of the timer that counts: one that was put off has another
        self._count = 0
        self._since = 0.0
        self._deadline = 0.0  # of the attempt that is under way; 0 for none

    def begin_attempt(self, node: Node, at: float) -> list[Command]:
        """Begin to count the time of an attempt."""
        self._count, self.timer, limit = 0, "deadline", node.spec.timeout_seconds
        self._deadline = at + limit if limit else 0.0
        return self._timer(node)

    def begin(self, run_id: str, node: Node, event: FlowPaused) -> list[Command]:
        """Enter Paused with the first of several, and write down what is waited for."""
        if node.kind not in {RUNNING, PAUSED}:
            return []
        self._count += 1
        if node.kind is PAUSED:
            return [event.asked]
        self._since = event.at
        return [event.asked, node.enter(run_id, paused(event.at, event.message))]

    def end(self, run_id: str, node: Node, at: float) -> list[Command]:
        """Go on when the last of them ends; the time limit has stood still meanwhile."""
        self._count -= 1
        if node.kind is not PAUSED or self._count > 0:
            return []
        if self._deadline:
            self._deadline += max(0.0, at - self._since)
            self.timer = f"deadline after {node.version + 1} states"
        return [node.enter(run_id, node.running(at)), *self._timer(node)]

    def _timer(self, node: Node) -> list[Command]:
        return [SetTimer(self._deadline, 0, node.attempt, self.timer)] if self._deadline else []


def unless_paused(node: Node, state: State) -> State:
    """The end of a flow run, or Suspended in place of Interrupted: one that only waited has lost nothing."""
    if node.number or node.kind is not PAUSED or state.name != "Interrupted":
        return state
    return replace(paused(state.at, "its process ended while it waited for somebody's word"), name="Suspended")


__all__ = ["Pauses", "unless_paused"]
