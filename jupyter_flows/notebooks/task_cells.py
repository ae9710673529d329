"""What the author of a run says about its cells, beyond their order: what the executor asks on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_flows.model.states import State
from jupyter_flows.notebooks.told_attempt import ToldAttempt


@dataclass(frozen=True, slots=True)
class Restoration:
    """A finished cell whose values are put back instead of running it.

    Parameters
    ----------
    code
        Its imports and plain definitions, which are run silently.
    expression
        Puts the values back; evaluated in the kernel.
    outputs, execution_count
        What it showed when it ran.
    message
        Where it comes from, for people.
    state
        The name of the state in which it ended.
    """

    code: str
    expression: str
    outputs: tuple[Mapping[str, Any], ...] = ()
    execution_count: int | None = None
    message: str = ""
    state: str = "Completed"


@dataclass(frozen=True, slots=True)
class IsolatedNames:
    """The names of a task that runs with copies of its inputs: what it needs and gives."""

    task: str
    needs: tuple[str, ...]
    gives: tuple[str, ...]


class TaskCells(Protocol):
    """Who knows which cells are tasks. ``index`` is a cell's position in the source document, from 0.

    All calls come from the event loop that executes the notebook.
    """

    def source(self, index: int, text: str) -> str:
        """What the kernel is sent for a cell."""
        ...

    def time_limit(self, index: int) -> float | None:
        """Seconds for one attempt of a cell; None for the notebook's own limit."""
        ...

    def restoration(self, index: int) -> Restoration | None:
        """How to put back what a cell gave, where it need not run."""
        ...

    def restored(self, index: int, problem: str) -> bool:
        """A cell was put back, or could not be; say whether that settles it, otherwise it runs."""
        ...

    def is_task(self, index: int) -> bool:
        """Whether a cell is a task."""
        ...

    def preparation(self) -> Mapping[str, Any]:
        """What a kernel is told before cells run at once: see `jupyter_flows.magics.threaded_attempts.prepare`."""
        ...

    async def may_begin(self, index: int) -> State | None:
        """Return once a cell may run: it may need a slot of a limit. A state where it ends without having begun."""
        ...

    def never_began(self, index: int, state: State) -> None:
        """Take that end in."""
        ...

    async def tries_again(self, index: int, error: Exception) -> str | None:
        """An attempt has failed: wait for what follows. What to say when the next one begins, else None."""
        ...

    def cache_question(self, index: int) -> str | None:
        """An expression that makes the key by which a cell is found in the cache; None where it is in none."""
        ...

    def cached(self, index: int, bundle: Mapping[str, Any] | None, problem: str) -> Restoration | str | None:
        """What was found by what that answered; why there can be no key; None where the cell must run."""
        ...

    def names(self, index: int) -> IsolatedNames | None:
        """The names of a task that runs with copies of its inputs; None for others."""
        ...

    def told(self, index: int) -> ToldAttempt | None:
        """What the kernel is to know of the attempt that is about to begin; None for a plain cell."""
        ...

    def completes_as(self, index: int, state: State) -> None:
        """A cell chose its good end itself, such as Skipped."""
        ...

    def keeping(self, index: int, *, skipped: bool) -> str | None:
        """An expression that keeps what a cell gave, to be evaluated in the kernel; None where nothing is kept."""
        ...

    def kept(
        self, index: int, answer: Mapping[str, Any] | None, problem: str, shown: Sequence[Mapping[str, Any]]
    ) -> None:
        """What that expression answered; None where it could not. ``shown`` is what the cell showed."""
        ...


__all__ = ["IsolatedNames", "Restoration", "TaskCells"]
