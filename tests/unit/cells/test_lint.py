from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_flows.cells.cell_graph import CellGraph
from jupyter_flows.cells.lint import lint

# Cells -> findings: level, rule, cell and line.
FINDINGS: dict[str, tuple[list[str], list[str]]] = {
    "nothing": (["import os\nday = 1", "%%task\nx = os.sep * day", "%%task\ny = x"], []),
    "syntax": (["%%task x\na = ("], ["error syntax 1:2"]),
    "star import": (["from os import *"], ["warning star-import 1:1"]),
    "exec": (["%%task t\nexec('1')"], ["warning dynamic 1:2"]),
    "__import__": (["m = __import__('os')"], ["note not-read 1:1"]),
    "in place, suspected": (["%%task\no = 1", "%%task t\no.frob()\n1"], ["note in-place 2:2"]),
    "state of a module": (["import np", "%%task t\nnp.random.seed(1)"], ["note module-state 2:2"]),
    "a task writes a global": (["%%task t\ndef f():\n    global n\n    n = 1\nf()"], ["warning global 1:4"]),
    "a function that is a task writes a global": (
        ["%%task\ndef f():\n    global n\n    n = 1"],
        ["warning global 1:4"],
    ),
    "bound on some ways": (["c = 1", "%%task t\nif c:\n    x = 1", "%%task\ny = x"], ["warning conditional 2:3"]),
    "bound on some ways, and nobody reads it": (["c = 1", "%%task t\nif c:\n    x = 1"], []),
    "hidden state": (["%%task\nx = cfg", "cfg = 1"], ["warning hidden-state 1:2"]),
    "unbound": (["%%task\nx = cfg"], ["warning unbound 1:2"]),
    "perhaps unbound": (["c = 1\nif c:\n    x = 1\nprint(x)"], []),
    "deleted by another": (["a = 1", "del a", "%%task\nb = a"], ["error unbound 3:2"]),
    "deleted by itself": (["a = 1", "del a\na"], ["error deleted 2:2"]),
    "bound later, for a function": (["def f(): return cfg", "cfg = 1"], ["note late 1:1"]),
    "two tasks bind one name": (["%%task\nx = 1", "%%task\nx = 2"], ["warning rebinding 2:2"]),
    "two tasks go over one name": (
        ["%%task t\nfor i in [1]: pass", "%%task u\nfor i in [1]: pass"],
        ["note rebinding 2:2"],
    ),
    "two tasks import one module": (["%%task\nimport os\na = 1", "%%task\nimport os\nb = 1"], []),
    "shadowed": (["list = 1"], ["warning shadowed 1:1"]),
    "history": (["%%task\nx = _"], ["warning history 1:2"]),
    "after": (["%%task x --after y\n1"], ["error after 1:1"]),
    "same name": (["%%task x\n1", "%%task x\n2"], ["warning same-name 2:1"]),
    "not in --in": (["%%task\na = 1", "%%task --in ''\nb = a"], ["warning declared 2:2"]),
    "--in that nobody binds": (["%%task --in a\nb = 1"], ["warning unbound 1:1"]),
    "--out that is not bound": (["%%task --out a\nb = 1"], ["error declared 1:1"]),
}


@pytest.mark.parametrize(("sources", "wanted"), FINDINGS.values(), ids=FINDINGS.keys())
def test_every_doubtful_point_is_told_with_its_line(
    notebook: Callable[..., CellGraph], sources: list[str], wanted: list[str]
) -> None:
    found = lint(notebook(*sources))
    assert [f"{each.level} {each.rule} {each.place.number}:{each.place.line}" for each in found] == wanted
    assert all(each.message and each.advice for each in found)


def test_a_finding_reads_as_one_line(notebook: Callable[..., CellGraph]) -> None:
    (finding,) = lint(notebook("%%task a\nx = cfg", "cfg = 1"))
    assert str(finding) == (
        "`a` (cell 1, line 2): warning: `cfg` is read before cell 2 (line 1) binds it; "
        "it works only in the order in which the cells were once run: move the later one up [hidden-state]"
    )
