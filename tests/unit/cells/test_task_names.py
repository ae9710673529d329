from __future__ import annotations

import pytest

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.header import task_cell
from jupyter_flows.cells.task_names import names_given, names_needed


@pytest.mark.parametrize(
    ("text", "needs", "gives"),
    [
        ("%%task a\ny = x + z", ("x", "z"), ("y",)),
        ("%%task a --ignore z\ny = x + z", ("x",), ("y",)),
        ("%%task a --in w\ny = x + z", ("w",), ("y",)),
        ("%%task a --out v\ny = x + z", ("x", "z"), ("v",)),
        ("%%task a --mutates z\ny = x + z", ("x", "z"), ("y", "z")),
        ("%%task a --no-infer --mutates z\ny = x", ("x",), ("z",)),
        ("%%task a\nrows.append(x)", ("rows", "x"), ("rows",)),
    ],
)
def test_what_a_task_needs_and_gives_follows_its_options(text, needs, gives):
    cell = task_cell(text)
    assert cell is not None
    names = analyse(cell.body)
    assert (names_needed(cell.line, names), names_given(cell.line, names)) == (needs, gives)
