from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from jupyter_flows.services.input_schema import problems_of, typed, typed_value, words_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    deep: int


class Answer(BaseModel):
    approve: bool
    note: str = Field("", max_length=5)
    count: int | None = None
    day: date = date(2026, 1, 1)
    colour: Colour = Colour.RED
    tags: list[str] = []
    inner: Inner | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 1


SCHEMA = TypeAdapter(Answer).json_schema()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (bool, "a value (boolean)"),
        (Literal["a", "b"], 'a value ("a" | "b")'),
        (Inner, "deep (integer)"),
        (
            Answer,
            "approve (boolean), note (string, optional), count (integer or null, optional), day (date, optional), "
            'colour ("red" | "blue", optional), tags (array, optional), inner (object or null, optional)',
        ),
    ],
)
def test_what_is_asked_for_is_told_in_words(wanted: Any, words: str):
    assert words_of(TypeAdapter(wanted).json_schema()) == words


def test_nothing_is_asked_for_in_no_words():
    assert words_of({}) == ""


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        ({"approve": "true"}, {"approve": True}),
        ({"approve": "False"}, {"approve": False}),
        ({"approve": "maybe"}, {"approve": "maybe"}),
        ({"note": "5"}, {"note": "5"}),
        ({"count": "5"}, {"count": 5}),
        ({"count": "null"}, {"count": None}),
        ({"day": "2026-02-03"}, {"day": "2026-02-03"}),
        ({"colour": "blue"}, {"colour": "blue"}),
        ({"tags": '["a", "b"]'}, {"tags": ["a", "b"]}),
        ({"inner": '{"deep": 1}'}, {"inner": {"deep": 1}}),
        ({"nonsense": "5"}, {"nonsense": "5"}),
        ({"count": "[" * 100_000}, {"count": "[" * 100_000}),
    ],
)
def test_texts_are_read_as_their_fields_want_them(texts: dict[str, str], value: dict[str, Any]):
    assert typed(SCHEMA, texts) == value


def test_a_single_value_is_read_by_its_type():
    schema = TypeAdapter(bool).json_schema()
    assert typed_value(schema, "true", schema) is True
    schema = TypeAdapter(str).json_schema()
    assert typed_value(schema, "true", schema) == "true"


def test_what_fits_has_no_problems():
    assert problems_of(SCHEMA, {"approve": True, "inner": {"deep": 1}}) == {}
    assert problems_of(TypeAdapter(Open).json_schema(), {"a": 1, "b": 2}) == {}


def test_all_problems_are_told_at_once():
    value = {"note": "too long", "count": "x", "day": "2026-02-31", "inner": {"deep": "y"}, "nonsense": 1}
    problems = problems_of(SCHEMA, value)
    assert set(problems) == {"approve", "note", "count", "day", "inner", "nonsense"}
    assert problems["approve"] == "is missing"
    assert problems["nonsense"] == "is not asked for"


@pytest.mark.parametrize("value", [None, 5, [], "x"])
def test_what_is_no_object_is_a_problem_of_the_whole(value: object):
    assert list(problems_of(SCHEMA, value)) == [""]


def test_a_schema_that_somebody_has_spoilt_does_no_harm():
    assert problems_of({"type": 5}, {"a": 1}) == {}
    assert words_of(json.loads('{"properties": [], "type": "object"}')) == "a value (object)"


def test_an_answer_is_checked_without_a_grammar_that_takes_a_second_to_load():
    code = (
        "import sys\nfrom jupyter_flows.services.input_schema import typed_value\n"
        "print(typed_value({'type': 'integer'}, '4', {}), {'lark', 'rfc3987_syntax'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("4 set()\n", "")
