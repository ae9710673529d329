from __future__ import annotations

import dataclasses
import enum
import functools
import operator
from typing import Any, NamedTuple

import pydantic
import pytest

from jupyter_flows.caching.content import content_hash
from jupyter_flows.caching.tokens import Unhashable


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


@dataclasses.dataclass
class Place:
    x: int
    y: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    x: Any


class Pair(NamedTuple):
    x: int
    y: int


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    ONE = 1


class Model(pydantic.BaseModel):
    model_config = {"extra": "allow"}
    x: int
    inner: dict[str, Any] = {}
    _secret: int = pydantic.PrivateAttr(default=0)


@pydantic.dataclasses.dataclass
class Checked:
    x: int


@dataclasses.dataclass
class Listed(list):  # type: ignore[type-arg]
    x: int = 0


def add(one, other):
    return one + other


class Adder:
    def add(self, other):
        return other


@dataclasses.dataclass
class Scale:
    factor: int

    def of(self, number):
        return number * self.factor


def with_more(point):
    point.more = 1
    return point


def with_secret(model):
    model._secret = 5
    return model


def without(slotted):
    object.__delattr__(slotted, "x")
    return slotted


DIFFERENT = [
    *(Point(1), Point(2), Point(1, 1), Point(1, True), Place(1), Slotted(1), Slotted(None), Slotted([1])),
    *(without(Slotted(1)), with_more(Point(1)), Pair(1, 0), Pair(0, 1), (1, 0), Checked(x=1)),
    *(Colour.RED, Colour.BLUE, Level.ONE, Colour, Level),
    *(
        Model(x=1),
        Model(x=2),
        Model(x=1, inner={"a": 1}),
        Model.model_validate({"x": 1, "other": 1}),
        with_secret(Model(x=1)),
    ),
    *(functools.partial(add), functools.partial(add, 1), functools.partial(add, other=1), functools.partial(add, 2)),
    *(Scale(1).of, Scale(2).of, Scale.of, operator.itemgetter(1), operator.itemgetter(2), operator.attrgetter("a")),
    *("x".join, "y".join, str.join, [1].append, functools.lru_cache(add), add, list[int], list[str], int | None),
]


def test_different_records_have_different_hashes():
    hashes = [content_hash(value) for value in DIFFERENT]
    assert [value for value, each in zip(DIFFERENT, hashes, strict=True) if hashes.count(each) > 1] == []


def test_equal_records_have_equal_hashes():
    assert content_hash(Point(1)) == content_hash(Point(1, 0))
    assert content_hash(Model(x=1)) == content_hash(Model(x=1, inner={}))
    assert content_hash(functools.partial(add, other=[1])) == content_hash(functools.partial(add, other=[1]))
    assert content_hash(Scale(1).of) == content_hash(Scale(1).of)


@pytest.mark.parametrize("value", [Adder(), Adder().add, Listed(), Slotted(object())])
def test_an_object_that_does_not_tell_its_content_is_refused(value):
    with pytest.raises(Unhashable, match="does not say what its content is"):
        content_hash(value)
