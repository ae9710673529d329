from __future__ import annotations

import pytest

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.cell_graph import Cell
from jupyter_flows.cells.said_names import check_after, check_outputs
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.task_line import parse_task_line
from jupyter_flows.errors import BadOption


def cell(line: str, body: str = "clean = raw + 1") -> Cell:
    return Cell(line, 1, analyse(CellSource(body)), parse_task_line(line), parse_task_line(line).name)


@pytest.mark.parametrize(
    ("line", "tasks", "why"),
    [
        ("x --after clena", ("clean", "raw"), "there is no earlier task of that name; did you mean 'clean'?"),
        ("x --after y", ("clean", "raw"), "there are: clean, raw"),
        ("x --after y", (), "there are: none"),
        ("x --after x", ("clean",), "it is the task itself"),
    ],
)
def test_a_task_that_is_not_there_is_refused_with_the_near_one(line, tasks, why):
    with pytest.raises(BadOption) as caught:
        check_after(cell(line), tasks)
    assert why in str(caught.value)
    check_after(cell("x --after clean,raw"), ("raw", "clean"))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("clean = 1", "the cell never binds it; did you mean 'clean'?"),
        ("other = 1", "the cell never binds it; bind it, or take it out of --out"),
        ("print(1)", "bind it"),
    ],
)
def test_a_name_that_the_cell_never_binds_is_refused_with_the_near_one(body, why):
    with pytest.raises(BadOption) as caught:
        check_outputs(cell("--out clena", body), ())
    assert str(caught.value).startswith("%%task: --out='clena' cannot be used; ")
    assert why in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "a = 1",
        "if raw:\n    a = 1",
        "fill(a)",
        "a.load(raw)",
        "a['x'] = 1",
        "exec(text)",
        "from library import *",
        "def make():\n    global a\n    a = 1\nmake()",
        "a = = 1",
    ],
)
def test_a_name_that_the_cell_may_give_is_taken(body):
    check_outputs(cell("--out a", body), ())


def test_a_name_that_a_function_of_another_cell_binds_is_taken():
    maker = Cell("m", 1, analyse(CellSource("def make():\n    global a\n    a = 1")))
    check_outputs(cell("--out a", "make()"), [maker])
    with pytest.raises(BadOption):
        check_outputs(cell("--out a", "make()"), ())
