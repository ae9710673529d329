from __future__ import annotations

import subprocess
import sys

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.notebooks.cell_source import cell_python

# Cell -> names read and bound, each with its line in the cell.
CELLS: dict[str, tuple[str, str, str]] = {
    "plain": ("x = a\ny = b", "a1 b2", "x1 y2"),
    "line magic that runs code": ("\n\n%time y = f(x)\nz = w", "f3 x3 w4", "y3 z4"),
    "options of a magic": ("%timeit -n 5 -r 2 f(x)", "f1 x1", ""),
    "timeit binds nothing": ("%timeit y = f(x)", "f1 x1", ""),
    "assigned magic": ("y = %time f(x)", "f1 x1", "y1"),
    "shell command": ("!ls {folder} $name {{no}} $$no", "folder1? name1?", ""),
    "assigned shell command": ("files = !ls {folder}\nn = files", "folder1?", "files1 n2"),
    "over two lines": ("!echo \\\n  {x}\ny = w", "x1? w3", "y3"),
    "help": ("df.head?\n?x\nz = k", "k3", "z3"),
    "other magics": ("%matplotlib inline\n%cd {folder}\nx = a", "folder2? a3", "x3"),
    "cell magic that runs code": ("%%time\na = q\n\nfiles = !ls {d}\n%time b = p", "q2 d4? p5", "a2 files4 b5"),
    "capture": ("%%capture out --no-stderr\nx = a", "a2", "x2 out1"),
    "timeit over a cell": ("%%timeit n = big\nf(n, x)\ny = 1", "big1 f1 x1", ""),
    "shell cell": ("%%bash --out text {x}\necho $HOME", "x1?", "text1"),
    "magic inside an indented block": ("if a:\n    %time b = c\n    d = !ls\n", "a1 c2", "b2? d3?"),
    "brackets over lines before": ("x = [1,\n  2]\n!ls {x} {y}\nz = w", "y3? w4", "x1 z4"),
    "indented as a whole": ("    x = a\n    y = b", "a1 b2", "x1 y2"),
    "prompts": (">>> x = a\n... \n>>> y = b", "a1 b3", "x1 y3"),
    "top-level await with magics": ("%time 1\nx = await f(y)", "f2 y2", "x2"),
    "stored": ("%store -r a b\nc = a", "", "a1 b1 c2"),
    "text": ("%%writefile x.py\nimport os\nx = a", "", ""),
}


@pytest.mark.parametrize(("cell", "reads", "binds"), CELLS.values(), ids=CELLS.keys())
def test_names_in_ipythons_syntax_are_found_on_their_lines(cell: str, reads: str, binds: str) -> None:
    names = analyse(cell, cell_python)
    assert names.problem is None
    assert " ".join(f"{u.name}{u.line}{'?' if u.maybe else ''}" for u in names.reads) == reads
    assert " ".join(f"{b.name}{b.line}{'?' if b.maybe else ''}" for b in names.binds) == binds


@pytest.mark.parametrize("cell", [cell for cell, _, _ in CELLS.values()], ids=CELLS.keys())
def test_the_python_is_the_one_that_ipython_would_run(cell: str) -> None:
    assert cell_python(cell).python.rstrip("\n") == TransformerManager().transform_cell(cell).rstrip("\n")


@pytest.mark.parametrize(
    ("cell", "what", "reaches"),
    [
        ("%run other.py", "%run", True),
        ("%pylab", "%pylab", True),
        ("x = 1\n%reset -f", "%reset", True),
        ("%store -r", "%store -r", True),
        ("%%sql\nselect 1", "%%sql", False),
    ],
)
def test_a_magic_that_hides_what_it_does_is_told(cell: str, what: str, reaches: bool) -> None:
    (unknown,) = analyse(cell, cell_python).unknown
    assert (unknown.what, unknown.reaches) == (what, reaches)


def test_a_cell_that_is_wrong_is_told_on_its_own_line() -> None:
    problem = analyse("\n\n%matplotlib inline\nx = 1\ny = (1,", cell_python).problem
    assert problem is not None
    assert (problem.line, problem.text) == (5, "y = (1,")


@pytest.mark.parametrize("cell", ["x = '''", "%%time", "!", "?", "%", "%%", "\t", "\\", "x = 1 \\"])
def test_no_cell_is_too_odd(cell: str) -> None:
    analyse(cell, cell_python)


def test_a_cell_of_plain_python_does_not_load_ipython() -> None:
    code = (
        "import sys; from jupyter_flows.notebooks.cell_source import cell_python; "
        "cell_python('x = 1'); assert 'IPython' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
