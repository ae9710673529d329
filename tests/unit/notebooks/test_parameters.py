from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from jupyter_flows.errors import NotANotebook, ParameterError
from jupyter_flows.notebooks.document import Document, load_notebook
from jupyter_flows.notebooks.parameters import check_parameters, declared_parameters, read_parameters


def written(folder: Path, source: str, tag: str = "parameters") -> Document:
    cell = {"cell_type": "code", "id": "a", "metadata": {"tags": [tag]}, "source": source}
    cell |= {"execution_count": None, "outputs": []}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": [cell]}
    path = folder / "report.ipynb"
    path.write_text(json.dumps(node))
    return load_notebook(path)


READ = {
    "plain": ("a = 1", [("a", None, "int", 1, False)]),
    "annotated": ("a: int = 1", [("a", "int", "int", 1, False)]),
    "annotated without a value": ("a: int", [("a", "int", "int", None, True)]),
    "two on a line": ("a = 1; b = 2", [("a", None, "int", 1, False), ("b", None, "int", 2, False)]),
    "tuple": ("a, b = 1, 'x'", [("a", None, "int", 1, False), ("b", None, "str", "x", False)]),
    "nested tuple": ("a, (b, c) = 1, (2, 3)", [(n, None, "int", i, False) for i, n in enumerate("abc", 1)]),
    "starred": ("a, *b = f()", [("a", None, "", None, False), ("b", None, "", None, False)]),
    "chain": ("a = b = 1", [("a", None, "int", 1, False), ("b", None, "int", 1, False)]),
    "negative": ("a = -1.5", [("a", None, "float", -1.5, False)]),
    "text with a hash": ("a = 'x # y'", [("a", None, "str", "x # y", False)]),
    "text over lines": ('a = """x\ny"""', [("a", None, "str", "x\ny", False)]),
    "list over lines": ("a = [\n  1,  # one\n  2,\n]", [("a", None, "list", [1, 2], False)]),
    "no literal": ("a = date.today()", [("a", None, "", None, False)]),
    "annotated, no literal": ("a: date = date.today()", [("a", "date", "date", None, False)]),
    "quoted annotation": ("a: 'list[str]' = []", [("a", "list[str]", "list[str]", [], False)]),
    "type comment": ("a = 1  # type: float a share", [("a", "float", "float", 1, False)]),
    "None": ("a = None", [("a", None, "", None, False)]),
    "assigned twice": ("a = 1\na = 2", [("a", None, "int", 2, False)]),
    "grown": ("a = 1\na += 1", [("a", None, "", None, False)]),
    "inside a block is none": ("if True:\n    a = 1", []),
    "item and attribute are none": ("x.a = 1\nx['b'] = 2", []),
    "comparison and call are none": ("a == 1\nf(a=1)", []),
    "imports and magics are passed over": ("%matplotlib inline\nimport os\n!ls\na = 1", [("a", None, "int", 1, False)]),
    "empty": ("# nothing\n", []),
}


@pytest.mark.parametrize(("source", "expected"), READ.values(), ids=READ.keys())
def test_parameters_are_read_from_the_syntax(source: str, expected: list[tuple[object, ...]]) -> None:
    found = [(p.name, p.annotation, p.type, p.default, p.required) for p in read_parameters(source)]
    assert found == expected


def test_a_default_that_is_no_literal_is_kept_as_source() -> None:
    (parameter,) = read_parameters("a = date.today()")
    assert (parameter.default_source, parameter.literal, parameter.required) == ("date.today()", False, False)


def test_help_is_the_comment_at_the_end_of_the_line() -> None:
    found = read_parameters("# not this\na: int = 1  # how many\nb = 'x # y'\nc = 1; d = [\n 2]  # the last\n")
    assert {p.name: p.help for p in found} == {"a": "how many", "b": "", "c": "", "d": "the last"}


@pytest.mark.parametrize(
    "annotation", ["Literal['a', 'b']", "typing.Literal['a', 'b'] | None", "Optional[Literal['a', 'b']]"]
)
def test_choices_come_from_a_literal(annotation: str) -> None:
    assert read_parameters(f"a: {annotation} = 'a'")[0].choices == ("a", "b")


def test_a_cell_that_is_no_python_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(NotANotebook, match=r"parameters cell \(cell 1\) is not Python: line 1"):
        declared_parameters(written(tmp_path, "a = = 1"))


FITS = [
    ("a: int = 1", "3", 3),
    ("a: int = 1", 3, 3),
    ("a = 1", "3", 3),
    ("a = 1", "0.5", 0.5),
    ("a: float = 1.0", "2", 2.0),
    ("a = 1.0", 2, 2.0),
    ("a: bool = False", "true", True),
    ("a = False", "yes", True),
    ("a = True", "0", False),
    ("a: str = 'x'", "3", "3"),
    ("a = 'x'", "true", "true"),
    ("a: list[str] = []", '["UA", "AA"]', ["UA", "AA"]),
    ("a: list[str] = []", "['UA']", ["UA"]),
    ("a: list[int] = []", '["1", 2]', [1, 2]),
    ("a = []", "[1, null]", [1, None]),
    ("a = (1, 2)", "(3, 4)", [3, 4]),
    ("a: tuple[int, str] = (1, 'a')", (2, "b"), [2, "b"]),
    ("a: tuple[int, ...] = ()", "[1, 2]", [1, 2]),
    ("a: dict[str, int] = {}", '{"x": "1"}', {"x": 1}),
    ("a = {}", "{'x': None}", {"x": None}),
    ("a: date = None", "2013-01-15", "2013-01-15"),
    ("a: date = date.today()", date(2013, 1, 15), "2013-01-15"),
    ("a: datetime.datetime = None", "2013-01-15T06:00", "2013-01-15T06:00:00"),
    ("a: datetime = None", datetime(2013, 1, 15, 6), "2013-01-15T06:00:00"),
    ("a: Path = 'x'", Path("y/z"), "y/z"),
    ("a: Literal['low', 'high'] = 'low'", "high", "high"),
    ("a: Literal[1, 2] = 1", "2", 2),
    ("a: Optional[int] = None", "none", None),
    ("a: int | None = None", "4", 4),
    ("a: int | None = None", None, None),
    ("a: str | None = None", "none", "none"),
    ("a: Union[int, str] = 1", "x", "x"),
    ("a: Annotated[int, 'n'] = 1", "5", 5),
    ("a: Frame = None", {"x": [1]}, {"x": [1]}),
    ("a: Frame = None", "7", "7"),
    ("a = None", "7", 7),
    ("a = None", "text", "text"),
    ("a = today()", "2013-01-15", "2013-01-15"),
    ("a: Any = 1", [1], [1]),
    ("a: str", "given", "given"),
    ("a = 'x'", "\"\\\n'é", "\"\\\n'é"),
]


@pytest.mark.parametrize(("source", "given", "expected"), FITS)
def test_a_value_that_fits_is_coerced(tmp_path: Path, source: str, given: object, expected: object) -> None:
    found = check_parameters(written(tmp_path, source), {"a": given})
    assert found == {"a": expected}
    assert type(found["a"]) is type(expected)


REFUSED = [
    ("a: int = 1", "x", "'x' is not int"),
    ("a: int = 1", "2.5", "not int"),
    ("a: int = 1", True, "True is not int"),
    ("a = 1", "x", "not int"),
    ("a: float = 1", "nan", "no JSON form"),
    ("a: float = 1", float("inf"), "no JSON form"),
    ("a: bool = False", "maybe", "not bool"),
    ("a: bool = False", 1, "not bool"),
    ("a: str = 'x'", 3, "3 is not str"),
    ("a: list[str] = []", "UA,AA", 'not list[str], such as ["a", "b"]'),
    ("a: list[int] = []", '[1, "x"]', "at position 1"),
    ("a: dict[str, int] = {}", "[1]", "not dict[str, int]"),
    ("a: date = None", "5", "not date"),
    ("a: date = None", 5, "not date"),
    ("a: date = None", "15/01/2013", "not date"),
    ("a: Literal['low', 'high'] = 'low'", "mid", "'mid' is none of 'low', 'high'"),
    ("a: int | None = None", "x", "not int | None"),
    ("a: set[str] = set()", ["x"], "a set has no JSON form; use a sorted list"),
    ("a = None", {1}, "a set has no JSON form"),
    ("a = None", b"x", "a bytes has no JSON form"),
    ("a = None", [object()], "at [0]: a object has no JSON form"),
    ("a = None", {1: 2}, "JSON keys are text"),
    ("a = None", "\udc80", "surrogates"),
    ("a = 1", None, "None is not int"),
]


@pytest.mark.parametrize(("source", "given", "reason"), REFUSED)
def test_a_value_that_does_not_fit_is_refused(tmp_path: Path, source: str, given: object, reason: str) -> None:
    with pytest.raises(ParameterError) as caught:
        check_parameters(written(tmp_path, source), {"a": given})
    assert reason in caught.value.problems["a"]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    document = written(tmp_path, "day: str\ntop: int = 3\nn = 1")
    with pytest.raises(ParameterError) as caught:
        check_parameters(document, {"tops": 1, "top": "many"})
    assert caught.value.problems == {
        "tops": "no such parameter, did you mean 'top'? (known: day, top, n)",
        "top": "'many' is not int",
        "day": "a value is needed (str)",
    }


@pytest.mark.parametrize("name", ["a=1\nimport os", "class", "1a", "a b", "", "__import__('os')", "a.b"])
def test_a_name_that_could_become_code_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="must be a Python name"):
        check_parameters(written(tmp_path, "a = 1"), {name: 1})


def test_a_notebook_without_the_tag_takes_none(tmp_path: Path) -> None:
    document = written(tmp_path, "a = 1", tag="other")
    assert check_parameters(document, {}) == {}
    with pytest.raises(ParameterError, match="none of its cells has the tag 'parameters'"):
        check_parameters(document, {"a": 1})


def test_an_unsafe_annotation_is_never_executed(tmp_path: Path) -> None:
    document = written(tmp_path, "a: __import__('os').abort() = 1\nb: Literal[print()] = 1")
    assert check_parameters(document, {"a": 2, "b": 3}) == {"a": 2, "b": 3}
