"""Whom the executor of cells asks and tells: who keeps book of them, and who knows which are tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from jupyter_flows.model.states import State
from jupyter_flows.notebooks.cell_end import Ask, CellEnd, Completed, Raised
from jupyter_flows.notebooks.task_cells import IsolatedNames, Restoration


class CellAccount(Protocol):
    """Who keeps book of the cells, and decides what an end means."""

    def started(self, position: int) -> None:
        """A cell is about to be sent."""
        ...

    def said(self, position: int, kind: str, content: Mapping[str, Any]) -> None:
        """A cell has said something that shows; its outputs are not settled yet."""
        ...

    def changed(self, position: int) -> None:
        """The outputs of a cell that has ended before have changed."""
        ...

    def ended(self, position: int, end: CellEnd) -> bool:
        """A cell has ended and its outputs are settled; say whether the next is to run.

        Raises
        ------
        Exception
            What ends the run.
        """
        ...

    def broke(self, position: int, error: BaseException) -> None:
        """Our side failed while a cell ran (who looks on raised, perhaps): its end is not known."""
        ...

    def pause(self) -> float | None:
        """Called whenever there is time; returns after how many seconds it wants to be called again."""
        ...


class CellAttempts(Protocol):
    """Who knows that some cells are tasks: they may wait, be tried again, be put back, and have their values kept."""

    def text(self, position: int) -> str:
        """What the kernel is sent."""
        ...

    def limit(self, position: int) -> float | None:
        """Seconds for one attempt of it; None for the limit of every cell."""
        ...

    def restoration(self, position: int) -> Restoration | None:
        """How to put it back instead of running it."""
        ...

    def put_back(self, position: int, restoration: Restoration, problem: str) -> bool:
        """It was put back, or not; say whether that settles it."""
        ...

    def is_task(self, position: int) -> bool:
        """Whether it is a task."""
        ...

    async def may_begin(self, position: int) -> State | None:
        """Wait for whatever it needs; a state where it ends without having begun."""
        ...

    def never_began(self, position: int, state: State) -> None:
        """Take that end in."""
        ...

    async def tries_again(self, position: int, end: CellEnd) -> bool:
        """An attempt has failed: wait for what follows, and say whether that is another attempt."""
        ...

    def told(self, position: int) -> Mapping[str, Any]:
        """What the request says of the attempt that is about to begin."""
        ...

    async def recall(self, position: int, ask: Ask) -> CellEnd | None:
        """Find what an earlier run gave; how that ends the cell, or None where it must run."""
        ...

    async def enter(self, position: int, ask: Ask) -> CellEnd | None:
        """Give an attempt copies of its inputs, where it is to have them; how it ends where that cannot be."""
        ...

    async def leave(self, position: int, end: CellEnd, ask: Ask) -> None:
        """Take them back."""
        ...

    def names(self, position: int) -> IsolatedNames | None:
        """The names of a cell that is to have copies."""
        ...

    def heard(self, position: int, end: Raised) -> CellEnd:
        """How an attempt ended that raised, by what the kernel says of the error."""
        ...

    def keeping(self, position: int, end: Completed) -> str | None:
        """The expression that keeps what it gave."""
        ...

    def kept(self, position: int, answer: Mapping[str, Any] | None, problem: str) -> None:
        """What that answered."""
        ...


__all__ = ["CellAccount", "CellAttempts"]
