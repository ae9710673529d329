"""Who watches a notebook being executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from jupyter_flows.notebooks.told_pause import ToldPause


class CellObserver(Protocol):
    """Who wants to know how a notebook gets on.

    ``index`` is the position among all cells of the source document, from 0. The calls come in order from one thread:
    the caller's, or a helper's where the caller's has a running event loop. What a call raises ends the execution.
    """

    def cell_started(self, index: int) -> None:
        """A cell is sent to the kernel."""
        ...

    def cell_output(self, index: int, text: str) -> None:
        """A cell printed something; ``text`` is its last line, plain and short: what to show just now."""
        ...

    def cell_printed(self, index: int, stream: str, text: str) -> None:
        """All that a cell printed to ``stdout`` or ``stderr``, as it came: parts of lines, colours and all."""
        ...

    def cell_attached(self, index: int, artifact: Mapping[str, Any]) -> None:
        """A cell attached something to look at; its record, as the kernel tells it, is hostile."""
        ...

    def cell_pauses(self, index: int, told: ToldPause) -> None:
        """A cell waits for somebody's word, will end and asks for one, or goes on."""
        ...

    def cell_ended(self, index: int, error: Exception | None) -> None:
        """A cell ended: well, or with the error that ends the run."""
        ...
