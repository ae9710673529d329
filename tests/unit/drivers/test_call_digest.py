"""Calls are told apart by their plain arguments, in the same way in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from jupyter_flows.drivers.call_digest import call_digest

Point = namedtuple("Point", "x y")


class Color(Enum):
    RED = 1
    BLUE = 2


class Right(Flag):
    READ = 1
    WRITE = 2


@dataclass(frozen=True)
class Box:
    size: int
    names: tuple[str, ...]


@dataclass
class Basket:
    size: int


DIFFERENT: dict[str, list[Any]] = {
    "numbers": [0, 1, -1, 2**70, 1.5, float("inf"), True, None, 2j],
    "texts": ["", "a", "b", "\ud800", "x" * 4096],
    "bytes": [b"a", b"b"],
    "dates": [date(2020, 1, 1), datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC), time(1), timedelta(1)],
    "tuples": [(), (1,), (1, 2), (2, 1), ((1, 2), 3), (1, (2, 3))],
    "long tuples": [(), (1,), (1, 2), tuple(range(20)), tuple(range(21))],
    "frozen sets": [frozenset(), frozenset({1}), frozenset({1, 2}), frozenset({"a", "b"})],
    "paths": [Path("a"), Path("a/b"), Path("b")],
    "enumerations": [Color.RED, Color.BLUE],
    "flags": [Right.READ, Right.WRITE, Right.READ | Right.WRITE],
    "named": [Decimal("1.5"), Decimal("1.50"), UUID(int=1), UUID(int=2)],
    "named tuples": [Point(1, 2), Point(2, 1)],
    "dataclasses": [Box(1, ()), Box(2, ()), Box(1, ("a",))],
    "numpy": [np.int64(1), np.int64(2), np.float64(0.5), np.str_("a"), np.str_("b")],
    "timestamps": [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")],
}


@pytest.mark.parametrize("values", DIFFERENT.values(), ids=DIFFERENT)
def test_different_plain_values_have_different_digests(values):
    same = [(one, two) for one, two in combinations(values, 2) if call_digest((one,), {}) == call_digest((two,), {})]
    assert same == []


def test_places_and_names_of_arguments_count():
    calls = [((1, 2), {}), ((2, 1), {}), ((1,), {"x": 2}), ((1,), {"y": 2}), ((), {"x": 2, "y": 1})]
    assert len({call_digest(*call) for call in calls}) == len(calls)


class Anything:
    """Whose repr and hash tell its address."""


class Hostile(str):
    __slots__ = ()

    def __getitem__(self, key):
        raise RuntimeError("never asked")

    def encode(self, encoding="", errors=""):
        raise RuntimeError("never asked")


class StandsIn:
    """Says that it is a list, and would wait for ever if it were asked."""

    @property
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise RuntimeError("never asked")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Anything(), Anything()),
        (np.zeros(3), np.ones(4)),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [2]})),
        (lambda: 1, lambda: 2),
        (2**9_000, 3**9_000),
        ("x" * 4096 + "a", "x" * 4096 + "b"),
        (frozenset(range(100)), frozenset(range(1, 101))),
        ((((1,),),), (((2,),),)),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ({1}, {2}),
        (Basket(1), Basket(2)),
        (StandsIn(), StandsIn()),
    ],
    ids=[
        "object",
        "array",
        "frame",
        "function",
        "huge number",
        "huge text",
        "large set",
        "deep",
        *["list", "dict", "set"],
        "mutable",
        "stand-in",
    ],
)
def test_everything_else_counts_by_its_type_alone(one, two):
    assert call_digest((one,), {}) == call_digest((two,), {})


def test_a_class_s_own_methods_are_not_asked():
    assert call_digest((Hostile("a"),), {}) != call_digest((Hostile("b"),), {})


def test_a_value_that_cannot_be_told_disturbs_nobody():
    class Broken(tuple[int, ...]):
        def __len__(self):
            raise RuntimeError("no length")

    assert call_digest((Broken(), 1), {}) != call_digest((Broken(), 2), {})


TOLD = """
from pathlib import Path
from jupyter_flows.drivers.call_digest import call_digest
print(call_digest(({"a", "b", "c"}, "text", 7, 1.5, Path("a")), {"x": {"k": frozenset("xyz")}, "y": object()}))
"""


def test_digests_are_the_same_in_every_process():
    found = {
        subprocess.run(
            [sys.executable, "-c", TOLD],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
