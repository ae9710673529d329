"""What a machine remembers of runs that are settled: only of those that did not plainly complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jupyter_flows.engine.node import Node
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.states import COMPLETED, CRASHED, FAILED, PAUSED, State, StateKind


class Ended(NamedTuple):
    """How a run ended, for those that depend on it; ``stood`` is for a further attempt of the flow run."""

    kind: StateKind
    name: str
    title: str
    stood: Earlier | None = None


class EndedRuns:
    """The settled runs of one flow run that did not plainly complete.

    Attributes
    ----------
    unseen
        Failed task runs that nobody has looked at: number to name.
    paused
        Paused task runs, but for direct calls, whose callers know: number to name.
    """

    def __init__(self) -> None:
        self.unseen: dict[int, str] = {}
        self.paused: dict[int, str] = {}
        self._ended: dict[int, Ended] = {}

    def note(self, node: Node, state: State) -> None:
        """Remember a run that is being settled, where there is something to remember."""
        if state.kind is COMPLETED and state.name != "Skipped":
            return
        self._ended[node.number] = Ended(state.kind, state.name, node.name, node.stands())
        if node.inline or not node.number:
            return
        if state.kind is PAUSED:
            self.paused[node.number] = node.name
        elif state.kind in {FAILED, CRASHED} and not node.seen:
            self.unseen[node.number] = node.name

    def note_earlier(self, skipped: Mapping[int, str], failed: Mapping[int, tuple[StateKind, str, str]]) -> None:
        """Remember runs of an earlier attempt of the flow run, in another process, that are not run again."""
        self._ended.update({number: Ended(COMPLETED, "Skipped", name) for number, name in skipped.items()})
        self._ended.update({number: Ended(*end) for number, end in failed.items()})
        self.unseen.update({number: title for number, (_, _, title) in failed.items()})

    def get(self, number: int) -> Ended | None:
        """Return how a settled run ended; None where it plainly completed."""
        return self._ended.get(number)

    def failures(self) -> int:
        """How many runs failed or crashed; for any thread, see `RuntimeError` for a moment that was missed."""
        return sum(end.kind in {FAILED, CRASHED} for end in list(self._ended.values()))

    def see(self, number: int) -> None:
        """Note that somebody has looked at a run's end."""
        self.unseen.pop(number, None)

    def clear(self) -> None:
        """Begin anew, for a further attempt of the flow."""
        self.unseen.clear()
        self.paused.clear()

    def take_up(self, number: int) -> Earlier | None:
        """Forget a run that goes into a further attempt; return how it stood, if it ended here."""
        self.see(number)
        self.paused.pop(number, None)
        ended = self._ended.pop(number, None)
        return None if ended is None else ended.stood


__all__ = ["Ended", "EndedRuns"]
