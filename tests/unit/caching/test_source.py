from __future__ import annotations

import importlib.util
import linecache
import sys

import pytest

from jupyter_flows.caching.source import code_token, names_used

PLAIN = "def f(x):\n    return x + 1\n"


@pytest.fixture
def load(tmp_path):
    """Import a text as a module of its own, and give its `f`."""
    names = []

    def load(text, name="given"):
        folder = tmp_path / str(len(names))
        folder.mkdir()
        path = folder / f"{name}.py"
        path.write_text(text)
        names.append(name)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.f

    yield load
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "text",
    [
        "\n\n# a comment\n\ndef f(x):\n    # another\n    return (x +\n        1)  # last\n",
        'def f(x):\n    """Say what it does."""\n    return x + 1\n',
        "import functools\n\ndef same(g):\n    return g\n\n@same\n@same\ndef f(x): return x + 1\n",
    ],
    ids=["layout", "docstring", "decorators"],
)
def test_what_does_not_change_the_code_does_not_count(load, text):
    assert code_token(load(text).__code__) == code_token(load(PLAIN).__code__)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return x + 2\n",
        "def f(y):\n    return y + 1\n",
        "def f(x, z=1):\n    return x + 1\n",
        "async def f(x):\n    return x + 1\n",
        "def f(x):\n    'one'\n    'two'\n    return x + 1.0\n",
        "f = lambda x: x + 1\n",
    ],
)
def test_what_changes_the_code_counts(load, text):
    assert code_token(load(text).__code__) != code_token(load(PLAIN).__code__)


def test_a_decorator_inside_a_function_counts(load):
    text = "def f(x):\n    {}\n    def g():\n        return 1\n    return g\n"
    one, other = (load(text.format(line)) for line in ("@len", "@str"))
    assert code_token(one.__code__) != code_token(other.__code__)


def test_a_file_that_was_edited_after_its_import_is_not_believed(load, tmp_path):
    one = load("def f(x):\n    return x + 271828\n")
    path = tmp_path / "0" / "given.py"
    path.write_text("def f(x):\n    return x * 1000\n")
    linecache.checkcache(str(path))
    edited = code_token(one.__code__)
    assert edited != code_token(load("def f(x):\n    return x * 1000\n").__code__)
    assert edited.startswith(b"bytecode")


def test_without_source_the_bytecode_counts():
    scope, again, other = {}, {}, {}
    exec("def f(x):\n    return [x for y in {'a', 'b'}], lambda: 1\n", scope)
    exec("# moved\n\ndef f(x):\n    return [x for y in {'a', 'b'}], lambda: 1\n", again)
    exec("def f(x):\n    return [x for y in {'a', 'c'}], lambda: 1\n", other)
    tokens = [code_token(each["f"].__code__) for each in (scope, again, other)]
    assert tokens[0] == tokens[1] != tokens[2]


def test_two_functions_of_one_name_and_line_are_told_apart(load):
    f = load("f = (lambda: 1), (lambda: 2)\n")
    assert code_token(f[0].__code__) != code_token(f[1].__code__)


def test_names_of_inner_functions_are_found():
    def f(x):
        def g():
            return [OUTSIDE for _ in x], x.inside

        return g, len

    names, attributes = names_used(f.__code__)
    assert set(names) == {"OUTSIDE", "len"}
    assert set(attributes) == {"inside"}


OUTSIDE = 1
