"""What a name takes to be defined, told from the cells' text."""

from __future__ import annotations

import ast

import pytest

from jupyter_flows.cells.defining import candidates, defining, statements_of
from jupyter_flows.cells.source import CellSource

CELLS = [
    "from lib import flow, task, Flow\nfrom other import unused\nfactor = 2",
    "print(factor)\nraw = read()",
    "@task\ndef double(x):\n    return x * factor",
    "@flow\ndef daily(n=1):\n    return double(n) + later()",
    "daily(3)\nresult = daily(4)\ndaily.deploy(name='x')",
    "@daily.on_failure\ndef tell(f, r, s):\n    notify(f)",
    "def later():\n    return 1\nnotify = print",
    "with Flow('g') as graph:\n    double(1)\ngraph.run()\ngraph.set_reference_tasks([double])",
    "not python (",
    "factor += 1",
    "if __name__ == '__main__':\n    daily()",
]


def chosen(name: str, *more: str) -> list[str]:
    statements = statements_of([CellSource(text) for text in (*CELLS, *more)])
    return [ast.unparse(one.node).splitlines()[0] for one in defining(statements, name)]


def test_what_the_flow_needs_is_taken_wherever_it_stands():
    assert chosen("daily") == [
        "from lib import flow, task, Flow",
        "factor = 2",
        "@task",
        "@flow",
        "@daily.on_failure",
        "def later():",
        "notify = print",
        "factor += 1",
    ]


def test_a_declared_graph_is_put_together_and_not_run():
    assert chosen("graph") == [
        "from lib import flow, task, Flow",
        "factor = 2",
        "@task",
        "with Flow('g') as graph:",
        "graph.set_reference_tasks([double])",
        "factor += 1",
    ]


def test_what_may_bind_anything_is_taken():
    assert "from lib import *" in chosen("daily", "from lib import *")


def test_a_name_that_nothing_binds_has_no_definition():
    assert chosen("weekly") == []


@pytest.mark.parametrize("name", ["daily", "graph", "double", "result"])
def test_what_may_be_a_flow_is_named(name: str):
    statements = statements_of([CellSource(text) for text in CELLS])
    assert name in candidates(statements)
    assert "later" not in candidates(statements)
