from __future__ import annotations

import pytest

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.cell_graph import Cell
from jupyter_flows.cells.edges import infer_edges
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.model.results import KeptResult
from jupyter_flows.notebooks.cell_plan import CellPlan, PlannedCell
from jupyter_flows.services.cells_again import cells_again
from jupyter_flows.services.manifest import LostValue, Manifest

KEPT = KeptResult("json", "1")


def plan(*sources: str) -> CellPlan:
    """Cells; those that begin with ``%`` are tasks, named by the word that follows."""
    cells: dict[int, PlannedCell] = {}
    known: list[Cell] = []
    for index, source in enumerate(sources):
        name, _, text = source[1:].partition(" ") if source.startswith("%") else ("", "", source)
        line = TaskLine(name) if name else None
        cells[index] = PlannedCell(index, f"c{index}", source, CellSource(text), line, name, text)
        known.append(Cell(f"c{index}", index + 1, analyse(text), line, name))
    return CellPlan(cells, infer_edges(known))


def kept(*names: str, lost: str = "", absent: str = "") -> Manifest:
    missing = {lost: LostValue("generator", "cannot be")} if lost else {}
    return Manifest("digest", dict.fromkeys(names, KEPT), missing, (absent,) if absent else ())


CHAIN = ("%a x = load()", "%b y = x + 1", "%c z = y + 1")


@pytest.mark.parametrize(
    ("sources", "finished", "unfinished", "changed", "again"),
    [
        (CHAIN, {0: kept("x"), 1: kept("y")}, {2: "it failed"}, [], {2: "it failed"}),
        # A lost value that nobody needs any more is let go of.
        (CHAIN, {0: kept(lost="x"), 1: kept("y")}, {2: "it failed"}, [], {2: "it failed"}),
        # One that is needed is made again, with what that needs in turn.
        (CHAIN, {0: kept("x"), 1: kept(lost="y")}, {2: "it failed"}, [],
         {1: "it completed, but `y` (generator) could not be kept: cannot be; cell 3 needs it", 2: "it failed"}),
        (CHAIN, {0: kept(lost="x"), 1: kept(lost="y")}, {2: "it failed"}, [],
         {0: "it completed, but `x` (generator) could not be kept: cannot be; cell 2 needs it",
          1: "it completed, but `y` (generator) could not be kept: cannot be; cell 3 needs it", 2: "it failed"}),
        # Other code means other values, all the way down.
        (CHAIN, {1: kept("y"), 2: kept()}, {0: "other code"}, [0],
         {0: "other code", 1: "its input `x` comes from `a`, which runs again",
          2: "its input `y` comes from `b`, which runs again"}),
        # Through a plain cell, too.
        (("%a x = 1", "p = x", "%b y = p"), {2: kept()}, {0: "other code"}, [0],
         {0: "other code", 2: "its input `p` comes from cell 2, which changed"}),
        # Plain cells always run, and need what they take.
        (("%a x = 1", "print(x)"), {0: kept(lost="x")}, {}, [],
         {0: "it completed, but `x` (generator) could not be kept: cannot be; cell 2 needs it"}),
        (("%a x = 1", "print(x)"), {0: kept(absent="x")}, {}, [], {}),
        (("%a x = 1", "print(x)"), {0: kept()}, {}, [],
         {0: "it completed, but `x` was not kept, since no cell took it then; cell 2 needs it"}),
        # A plain cell that changed gives its readers something else.
        (("p = 1", "%a x = p"), {1: kept("x")}, {}, [0], {1: "its input `p` comes from cell 1, which changed"}),
        # A cell that hides what it reads may need everything.
        (("%a x = 1", "exec(code)"), {0: kept(lost="x")}, {}, [],
         {0: "it completed, but `x` (generator) could not be kept: cannot be; cell 2 needs it"}),
    ],
)  # fmt: skip
def test_what_runs_again_and_why(sources, finished, unfinished, changed, again):
    assert cells_again(plan(*sources), finished, unfinished, changed) == again
