from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import pytest

from jupyter_flows.cli.typed_values import as_named, typed_values
from jupyter_flows.errors import ParameterError


def typed(fn, **texts):
    return typed_values("subject", fn, texts)


def hinted(
    n: int,
    x: float,
    name: str,
    on: bool,
    day: dt.date,
    names: list[str],
    table: dict[str, int],
    maybe: int | None,
    choice: Literal[1, 2],
    anything: Any,
) -> None: ...


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n", "3", 3),
        ("n", "x", "x"),  # the flow says what is wrong
        ("x", "1e3", 1000.0),
        ("name", "3", "3"),
        ("on", "yes", True),
        ("day", "2013-01-15", dt.date(2013, 1, 15)),
        ("names", '["a", "b"]', ["a", "b"]),
        ("table", '{"a": 1}', {"a": 1}),
        ("maybe", "null", None),
        ("maybe", "4", 4),
        ("choice", "2", 2),
        ("anything", "[1]", [1]),
        ("anything", "text", "text"),
    ],
)
def test_a_hinted_parameter_is_read_by_its_hint(name, text, value):
    assert typed(hinted, **{name: text}) == {name: value}


def unhinted(a, b=1, c=1.5, d="x", e=False, f=None, g=(1, 2), h=[1]) -> None: ...  # noqa: B006


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("a", "3", 3),
        ("a", "three", "three"),
        ("b", "7", 7),
        ("c", "2", 2.0),
        ("d", "3", "3"),
        ("e", "on", True),
        ("f", "null", None),
        ("f", "word", "word"),
        ("g", "[3, 4]", (3, 4)),
        ("h", "[3]", [3]),
        ("unknown", "3", 3),
    ],
)
def test_a_parameter_without_hint_is_read_like_its_default(name, text, value):
    found = typed(unhinted, **{name: text})
    assert found == {name: value}
    assert type(found[name]) is type(value)


def test_all_texts_that_do_not_fit_their_default_are_told_at_once():
    with pytest.raises(ParameterError) as caught:
        typed(unhinted, b="x", e="perhaps", h="1")
    assert set(caught.value.problems) == {"b", "e", "h"}


def test_a_name_given_twice_is_refused():
    assert as_named("subject", [("a", "1"), ("b", "2")]) == {"a": "1", "b": "2"}
    with pytest.raises(ParameterError, match="a: is given twice"):
        as_named("subject", [("a", "1"), ("a", "2")])
