"""What is known of a notebook's cells from earlier attempts of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

from jupyter_flows.model.events import Earlier
from jupyter_flows.notebooks.task_cells import Restoration


@dataclass(frozen=True, slots=True)
class EarlierCells:
    """The cells of a notebook, by their position in the document, from 0.

    Parameters
    ----------
    numbers
        The number of each cell's task run; a cell that is not here has its own position, from 1.
    stood
        How a task run stood that now goes on.
    reused
        Finished cells that are put back instead.
    size
        Bytes that are kept of those.
    skipped
        Those of them that were skipped.
    """

    numbers: Mapping[int, int] = field(default_factory=dict[int, int])
    stood: Mapping[int, Earlier] = field(default_factory=dict[int, Earlier])
    reused: Mapping[int, Restoration] = field(default_factory=dict[int, Restoration])
    size: int = 0
    skipped: frozenset[int] = frozenset()


def cell_digest(cell_id: str) -> int:
    """What tells the task run of a cell from those of other cells, wherever the cell is moved to."""
    return crc32(cell_id.encode("utf-8", "surrogatepass"))


__all__ = ["EarlierCells", "cell_digest"]
