"""The notebook as its kernel knows it: every cell that was run, in the order in which each was first run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from jupyter_flows.cells.cell_graph import CellGraph
from jupyter_flows.cells.edges import infer_edges
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.request import Request


class Notebook:
    """The cells of one kernel's notebook.

    A front end that names its cells tells an edited or renamed one from a new one, and which were deleted. Elsewhere
    a task is known by its name, and a plain cell by its text.
    """

    def __init__(self) -> None:
        self._cells: dict[str, KnownCell] = {}
        self._graph: CellGraph | None = None

    def __iter__(self) -> Iterator[KnownCell]:
        return iter(list(self._cells.values()))

    @property
    def tasks(self) -> list[KnownCell]:
        """The cells that are tasks."""
        return [cell for cell in self if cell.is_task]

    def task(self, name: str) -> KnownCell | None:
        """The task of that name."""
        return next((cell for cell in self if cell.is_task and cell.name == name), None)

    def cell(self, cell_id: str) -> KnownCell:
        """The cell of that id."""
        return self._cells[cell_id]

    def number(self, cell_id: str) -> int:
        """A cell's position, for people, from 1."""
        return list(self._cells).index(cell_id) + 1

    def see_plain(self, text: str, request: Request) -> KnownCell:
        """Take in a plain cell that is about to run."""
        cell_id = request.cell_id or f"text-{sha256(text.encode(errors='replace')).hexdigest()[:16]}"
        known = self._cells.get(cell_id)
        if known is not None and known.text == text and known.line is None:
            known.request = request
            return known
        self._graph = None
        cell = self._cells[cell_id] = KnownCell(cell_id, text, request=request)
        return cell

    def put(self, cell: KnownCell) -> KnownCell | None:
        """Take in a cell with tasks, in the place of what it was before.

        Returns
        -------
        KnownCell or None
            Another cell that had a task of that name; it has none any more.
        """
        self._graph = None
        before = self._cells.get(cell.id)
        if before is not None:
            cell.last, cell.state = before.last, before.state
        self._cells[cell.id] = cell
        twin = next((each for each in self.tasks if each.name == cell.name and each is not cell), None)
        if twin is None or not cell.is_task:
            return None
        del self._cells[twin.id]
        return twin if twin.request.cell_id and cell.request.cell_id else None

    def forget(self, cell_ids: Iterable[str]) -> None:
        """Forget cells that are not in the notebook any more."""
        for cell_id in cell_ids:
            if self._cells.pop(cell_id, None) is not None:
                self._graph = None

    def clear(self) -> None:
        """Forget every cell."""
        self._cells.clear()
        self._graph = None

    @property
    def graph(self) -> CellGraph:
        """What joins the cells."""
        if self._graph is None:
            self._graph = infer_edges(cell.as_cell(number) for number, cell in enumerate(self, start=1))
        return self._graph

    def givers(self, cell: KnownCell) -> dict[str, Any]:
        """Return each input of a task cell with the cell that gives it its value."""
        given: dict[str, KnownCell] = {}
        for link in self.graph.links:
            if link.after == cell.id:
                for why in link.whys:
                    if why.name in self.graph.inputs.get(cell.id, ()):
                        given[why.name] = self._cells[link.before]
        return given
