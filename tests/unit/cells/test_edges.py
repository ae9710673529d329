from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_flows.cells.cell_graph import CellGraph, EdgeKind

Notebook = Callable[..., CellGraph]

# Cells of a notebook -> its edges: later cell, earlier cell, kinds with their names.
EDGES: dict[str, tuple[list[str], list[str]]] = {
    "reads what a task binds": (["%%task\na = 1", "%%task\nb = a"], ["c2 after c1: data a"]),
    "the latest one counts": (
        ["%%task\na = 1", "%%task\na = 2", "%%task x\nprint(a)"],
        ["c2 after c1: order a", "c3 after c2: data a"],
    ),
    "never a later one": (["%%task x\nprint(a)", "%%task\na = 1"], []),
    "not itself": (["%%task\nx = x + 1"], []),
    "reads and binds": (
        ["%%task\nx = 1", "%%task\nx = x + 1", "%%task\ny = x"],
        ["c2 after c1: data x", "c3 after c2: data x"],
    ),
    "perhaps bound: both": (
        ["%%task\na = 1", "%%task\nif c:\n    a = 2", "%%task\nb = a"],
        ["c2 after c1: order a", "c3 after c1: data a", "c3 after c2: data a"],
    ),
    "read after change": (
        ["%%task\ndf = 1", "%%task\ndf['x'] = 1", "%%task\ny = df"],
        ["c2 after c1: data df", "c3 after c2: mutation df"],
    ),
    "change after read": (
        ["%%task\ndf = 1", "%%task\ny = df", "%%task\ndf['x'] = 1"],
        ["c2 after c1: data df", "c3 after c1: data df", "c3 after c2: order df order y"],
    ),
    "two changes": (
        ["%%task\nm = 1", "%%task\nm.fit(1)", "%%task\nm.fit(2)", "%%task\np = m"],
        ["c2 after c1: data m", "c3 after c2: mutation m", "c4 after c3: mutation m"],
    ),
    "deleted after use": (
        ["%%task\na = 1", "%%task\nb = a", "%%task z\ndel a"],
        ["c2 after c1: data a", "c3 after c1: data a", "c3 after c2: order a"],
    ),
    "through a plain cell": (["%%task\na = 1", "b = a", "%%task\nc = b"], ["c3 after c1: data b"]),
    "through two plain cells": (["%%task\na = 1", "b = a", "c = b", "%%task\nd = c"], ["c4 after c1: data c"]),
    "a plain cell binds it anew": (["%%task\na = 1", "a = 2", "%%task\nb = a"], ["c3 after c1: data a"]),
    "a plain cell alone": (["a = 1", "%%task\nb = a"], []),
    "import": (["%%task\nimport os\na = 1", "%%task\nb = os.sep"], []),
    "plain function": (["%%task\ndef f(): return 1\na = 1", "%%task\nb = f()"], []),
    "function that reads a task's name": (
        ["def f(): return a", "%%task\na = 1", "%%task\nb = f()"],
        ["c3 after c2: data a"],
    ),
    "function through a function": (
        ["def f(): return a", "def g(): return f()", "%%task\na = 1", "%%task\nb = g()"],
        ["c4 after c3: data a"],
    ),
    "function that finds the cell's own": (
        ["def f(): return a", "%%task\na = 1", "%%task\na = 2\nb = f()"],
        ["c3 after c2: order a"],
    ),
    "function made of a task's name": (
        ["%%task\nn = 1", "%%task t\ndef f(k=n): return k\nz = 1", "%%task\nb = f()"],
        ["c2 after c1: data n", "c3 after c2: data f"],
    ),
    "function that changes its argument": (
        ["def f(d): d['x'] = 1", "%%task\ndf = 1", "%%task t\nf(df)", "%%task\ny = df"],
        ["c3 after c2: data df", "c4 after c3: mutation df"],
    ),
    "function that changes a global": (
        ["log = []\ndef f(): log.append(1)", "%%task t\nf()", "%%task\ny = log"],
        ["c3 after c2: mutation log"],
    ),
    "function that binds a global": (
        ["def f():\n    global n\n    n = 1", "%%task t\nf()", "%%task\ny = n"],
        ["c3 after c2: data n"],
    ),
    "one object of two names": (
        ["%%task\na = []", "%%task\nb = a", "%%task t\nb.append(1)", "%%task\nc = a"],
        [
            "c2 after c1: data a",
            "c3 after c1: order a",
            "c3 after c2: data b order a",
            "c4 after c1: data a",
            "c4 after c3: mutation a",
        ],
    ),
    "a builtin that a cell shadows": (["%%task\nsum = max", "%%task\nb = sum([1])"], ["c2 after c1: data sum"]),
    "a module's state is no value": (["import np", "%%task x\nnp.seed(1)", "%%task y\nnp.seed(2)"], []),
    "star import in a task": (
        ["%%task\na = 1", "%%task\nfrom m import *\nb = 1"],
        ["c2 after c1: unknown from m import *"],
    ),
    "a name that an exec may have bound": (["%%task t\nexec(s)", "%%task\nb = a"], ["c2 after c1: unknown a"]),
    "exec in a function": (
        ["def f(): exec('x')", "%%task\na = 1", "%%task t\nf()"],
        ["c3 after c2: unknown exec()"],
    ),
    "what ran before": (["%%task\na = 1", "%%task\nb = _"], ["c2 after c1: unknown _"]),
    "--after": (["%%task a\n1", "%%task b --after a\n2"], ["c2 after c1: explicit a"]),
    "--in wins": (["%%task\na = 1", "%%task\nb = 1", "%%task --in b\nc = a"], ["c3 after c2: data b"]),
    "--out wins": (["%%task --out x\na = f()", "%%task\nb = a", "%%task\nc = x"], ["c3 after c1: data x"]),
    "--mutates": (
        ["%%task\na = 1", "%%task t --mutates a\nf(a)", "%%task\nb = a"],
        ["c2 after c1: data a", "c3 after c2: mutation a"],
    ),
    "--ignore": (["%%task\na = 1", "%%task --ignore a\nb = a"], []),
    "--no-infer": (["%%task\na = 1", "%%task x --no-infer\nb = a", "%%task\nc = b"], []),
    "--no-infer with names": (
        ["%%task\na = 1", "%%task x --no-infer --in a --out b\nq()", "%%task\nc = b"],
        ["c2 after c1: data a", "c3 after c2: data b"],
    ),
    "a cell that only defines tasks is plain": (
        ["%%task\na = 1", "%%task\ndef f(): return a", "%%task\nb = f()"],
        ["c3 after c1: data a"],
    ),
}


@pytest.mark.parametrize(("sources", "wanted"), EDGES.values(), ids=EDGES.keys())
def test_a_cell_comes_after_those_that_give_what_it_needs(
    notebook: Notebook, sources: list[str], wanted: list[str]
) -> None:
    edges = notebook(*sources).edges
    told = [f"{e.after} after {e.before}: {' '.join(f'{why.kind} {why.name}' for why in e.whys)}" for e in edges]
    assert told == wanted


def test_an_edge_says_name_cell_and_line(notebook: Notebook) -> None:
    graph = notebook("%%task raw\n\nraw = 1", "def f():\n    return raw", "\n%%task clean\nclean = [\n  f()]")
    (edge,) = graph.edges
    assert [str(why) for why in edge.whys] == [
        "`clean` (cell 3, line 4) reads `raw` through `f`, which `raw` (cell 1, line 3) binds"
    ]


def test_an_edge_through_plain_cells_says_the_whole_way(notebook: Notebook) -> None:
    graph = notebook("%%task\na = 1", "b = a", "%%task\nc = b")
    assert str(graph.edges[0].whys[0]) == (
        "`c` (cell 3, line 2) reads `b`, which cell 2 (line 1) binds; "
        "cell 2 (line 1) reads `a`, which `a` (cell 1, line 2) binds"
    )


def test_who_binds_a_name_anew_comes_after_those_that_use_it(notebook: Notebook) -> None:
    graph = notebook("%%task\na = 1", "%%task\nb = a", "%%task\na = 2")
    kinds = {(edge.before, edge.after): {why.kind for why in edge.whys} for edge in graph.edges}
    assert kinds == {
        ("c1", "c2"): {EdgeKind.DATA},
        ("c1", "c3"): {EdgeKind.ORDER},
        ("c2", "c3"): {EdgeKind.ORDER},
    }


def test_an_ambient_name_is_no_edge_but_told(notebook: Notebook) -> None:
    graph = notebook("%%task\nimport os\na = 1", "%%task\nb = os.sep")
    assert [(used.name, used.reader.cell, used.binder.cell) for used in graph.ambient] == [("os", "c2", "c1")]


def test_a_name_that_nobody_binds_before_is_told_with_who_binds_it_later(notebook: Notebook) -> None:
    graph = notebook("%%task\na = later + never + gone", "later = 1")
    told = [(missing.use.name, missing.later and missing.later.cell) for missing in graph.missing]
    assert told == [("later", "c2"), ("never", None), ("gone", None)]


@pytest.mark.parametrize(
    ("after", "why"),
    [
        ("b", "it is the task itself"),
        ("c", "it comes later (cell 3)"),
        ("x", "there is no earlier task of that name; there are: a"),
    ],
)
def test_an_after_that_leads_nowhere_says_why(notebook: Notebook, after: str, why: str) -> None:
    graph = notebook("%%task a\n1", f"%%task b --after {after}\n2", "%%task c\n3")
    assert [(bad.task, bad.why) for bad in graph.bad_afters] == [(after, why)]


def test_many_cells_are_joined_in_a_moment(notebook: Notebook) -> None:
    cells = [
        f"%%task\nx{n} = x{n - 1} + y{n - 1}" if n % 2 else f"y{n} = x{n - 1}\nx{n} = x{n - 1}" for n in range(1, 200)
    ]
    assert len(notebook("%%task\nx0 = y0 = 1", *cells).edges) >= 100


def test_inputs_and_outputs_count_functions_and_options_in(notebook: Notebook) -> None:
    graph = notebook(
        "import os\nday = 1\ndef f(d): d[day] = os.sep",
        "%%task\ndf = tmp = day",
        "%%task t\nf(df)\nimport sys",
        "%%task --out z\nz = q = df",
    )
    assert dict(graph.inputs) == {"c1": (), "c2": ("day",), "c3": ("df", "day"), "c4": ("df",)}
    assert dict(graph.outputs) == {"c1": ("day",), "c2": ("df", "tmp"), "c3": ("df",), "c4": ("z",)}
    assert [graph.read_later(cell.id) for cell in graph.cells] == [("day",), ("df",), ("df",), ()]
