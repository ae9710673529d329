from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.cell_graph import Cell, CellGraph
from jupyter_flows.cells.edges import infer_edges
from jupyter_flows.cells.header import task_cell
from jupyter_flows.cells.naming import task_name
from jupyter_flows.cells.source import CellSource


def cell_of(number: int, source: str, taken: list[str]) -> Cell:
    task = task_cell(source)
    body, before = (task.body, task.lines_before) if task else (source, 0)
    names = analyse(CellSource(body).shifted(before))
    name = task.line.name or task_name(names, str(number), taken) if task else ""
    taken.append(name)
    return Cell(f"c{number}", number, names, task.line if task else None, name)


@pytest.fixture
def notebook() -> Callable[..., CellGraph]:
    """Join cells that are given as text; cell n has the id `cn`."""

    def joined(*sources: str) -> CellGraph:
        taken: list[str] = []
        return infer_edges(cell_of(number, source, taken) for number, source in enumerate(sources, 1))

    return joined
