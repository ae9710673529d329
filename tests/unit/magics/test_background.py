"""Which names a plain cell reads and binds, as far as it must wait for them."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from jupyter_flows.magics.background import names_in

NAMES: dict[str, Any] = {"__name__": "__main__"}
exec("def helper():\n    return waited_for", NAMES)


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("print(rows)", True),
        ("other = 1", False),
        ("rows.append(1)", True),
        ("f'{rows}'", True),
        ("rows += [1]", True),
        ("def late():\n    return rows", False),
        ("def now():\n    return rows\nnow()", True),
        ("def now(x=rows):\n    return x", True),
        ("x = lambda: rows", True),
        ("class C:\n    x = rows", True),
        ("get_ipython().run_line_magic('time', 'y = f(rows)')", True),
        ("get_ipython().system('ls {rows}')", True),
        ("get_ipython().run_cell_magic('task', '', 'print(rows)')", False),
        ("get_ipython().run_line_magic('flow', 'run rows')", False),
        ("[rows for _ in range(3)]", True),
    ],
)
def test_the_names_that_a_cell_may_read(code, reads):
    found, _ = names_in(ast.parse(code), {})
    assert found is not None
    assert ("rows" in found) is reads


@pytest.mark.parametrize("code", ["exec('x')", "globals()['rows']", "from m import *"])
def test_a_cell_that_may_read_anything_waits_for_everything(code):
    assert names_in(ast.parse(code), {})[0] is None


def test_functions_of_the_notebook_count_with_what_they_read():
    found, _ = names_in(ast.parse("helper()"), NAMES)
    assert "waited_for" in (found or ())


def test_what_is_bound_counts_too():
    assert names_in(ast.parse("rows = 1\nimport os.path\nfrom a import b as c\ndef f(): ..."), {})[1] == {
        "rows",
        "os",
        "c",
        "f",
    }


def test_a_front_end_that_drops_late_messages_gets_the_foreground(notebook):
    ran = notebook.good("%%task --background\nx = 1\nprint(x)")
    assert ran.err == "runs in the foreground: this front end drops outputs that come late\n"
    assert ran.out == "1\n"
