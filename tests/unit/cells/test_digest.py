from __future__ import annotations

import subprocess
import sys

import pytest

from jupyter_flows.cells.digest import source_digest

SAME = {
    "comment": ("x = 1", "# why\nx = 1  # because\n"),
    "layout": ("f(a,b)", "f(\n    a,\n    b,\n)"),
    "quotes": ("x = 'a'", 'x = "a"'),
    "docstring": ("def f():\n    return 1", 'def f():\n    """One."""\n    return 1'),
    "semicolon": ("x = 1\ny = 2", "x = 1; y = 2;"),
    "brackets": ("x = (1)", "x = 1"),
    "blanks where it is not Python": ("x = (", "\nx = (  \n"),
}
DIFFERENT = {
    "value": ("x = 1", "x = 2"),
    "type of a value": ("x = 1", "x = 1.0"),
    "truth": ("x = 1", "x = True"),
    "name": ("x = 1", "y = 1"),
    "order": ("f(a, b)", "f(b, a)"),
    "text": ("x = 'a'", "x = b'a'"),
    "nesting": ("if a:\n    b\nc", "if a:\n    b\n    c"),
    "shown text": ("'a'", "'b'"),
    "empty body": ("def f(): 'a'", "def f(): pass"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_what_does_the_same_has_one_digest(one: str, other: str) -> None:
    assert source_digest(one) == source_digest(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_does_something_else_has_another(one: str, other: str) -> None:
    assert source_digest(one) != source_digest(other)


def test_a_digest_is_the_same_in_another_process() -> None:
    source = "def f(a: {1, 2}, *b, c='x'):\n    return {a: f'{b!r}'}\nwith f() as g: g[1:] = lambda: None"
    code = f"from jupyter_flows.cells.digest import source_digest; print(source_digest({source!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == source_digest(source)


def test_surrogates_and_deep_nesting_have_a_digest_too() -> None:
    assert source_digest("x = '\\ud800'") != source_digest("x = '\\ud801'")
    assert source_digest("x = (\ud800")
    assert source_digest("+".join(["a"] * 3000))
