from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.caching.content import content_hash
from jupyter_flows.caching.tokens import Unhashable

DIFFERENT = [
    *(None, ..., NotImplemented, 0, 1, -1, 2**63, -(2**63), 2**200, True, False),
    *(0.0, -0.0, 1.0, 1e300, float("inf"), float("-inf"), float("nan"), 1j, complex(0.0, -0.0)),
    *("", "1", "True", "None", "a" * 63, "a" * 64, "a" * 65, "\ud800", "\x00", "ä", "a\u0308"),
    *(b"", b"1", b"a" * 65, bytearray(b"1"), memoryview(b"1"), memoryview(b"11").cast("H")),
    *((), [], {}, set(), frozenset(), (1,), [1], {1}, frozenset({1}), {1: 1}, (1, 1), [[1]], [(1,)], ([1],), [1, [2]]),
    *([1, 2], [2, 1], [[1], 2], [[1, 2]], [1, 2, 3], ["ab", "c"], ["a", "bc"], ["abc"], [b"ab", b"c"], [b"a", b"bc"]),
    *({"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": {"b": 1}}, {("a", "b"): 1}, {1, 2}, {1, (2,)}),
    *(OrderedDict(a=1, b=2), OrderedDict(b=2, a=1), defaultdict(list, a=1), defaultdict(dict, a=1), Counter(a=1)),
    *(deque([1]), deque([1], 3), range(3), range(0, 3, 2), slice(3), slice(0, 3)),
    *(date(2024, 1, 1), datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC), time(1), time(1, fold=1)),
    datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Rome")),
    datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Rome"), fold=1),
    datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Paris")),
    datetime(2024, 10, 27, 2, 30, tzinfo=timezone(timedelta(hours=1))),
    *(timedelta(1), timedelta(seconds=1), Decimal(1), Decimal("1.0"), Decimal("NaN"), Fraction(1, 2)),
    *(Path("a"), Path("/a"), UUID(int=1), re.compile("a"), re.compile("a", re.I), re.compile(b"a")),
    *(list(range(8)), list(range(9)), [*range(8), "8"], [*map(float, range(8))], [*map(str, range(8))]),
    *([*map(str, range(8)), None], [None, *map(str, range(8))], [True] * 8, [1] * 8, [2**70] * 8, [float("nan")] * 8),
    *(tuple(range(8)), list(range(5000)), [*range(4999), 0], [*range(5000), 5000]),
]


def test_different_values_and_types_have_different_hashes():
    hashes = [content_hash(value) for value in DIFFERENT]
    again = Counter(hashes)
    assert [value for value, each in zip(DIFFERENT, hashes, strict=True) if again[each] > 1] == []
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes)


@pytest.mark.parametrize("value", [value for value in DIFFERENT if not isinstance(value, memoryview)], ids=repr)
def test_an_equal_copy_has_an_equal_hash(value):
    assert content_hash(copy.deepcopy(value)) == content_hash(value)


def test_every_nan_is_the_same_nan():
    negative = -float("nan")
    assert content_hash(negative) == content_hash(float("nan"))
    assert content_hash([negative] * 9) == content_hash([float("nan")] * 9)


def test_the_order_of_a_dict_and_of_a_set_does_not_count():
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash({0, 8, 16}) == content_hash({16, 8, 0})


leaves = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.dates()),
    st.decimals(allow_nan=False),
    st.sampled_from([0, 0.0, -0.0, False, "", b"", 1, True, 1.0, "1"]),
)
hashable = st.recursive(leaves, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4), max_leaves=5)
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.tuples(inner, inner)
        | st.dictionaries(hashable, inner, max_size=5)
        | st.sets(hashable, max_size=5)
    ),
    max_leaves=20,
)


def told(value):
    """Spell a value out with its types; equal exactly for values that must have one hash."""
    kind = type(value).__name__
    if isinstance(value, dict):
        return kind, frozenset((told(key), told(item)) for key, item in value.items())
    if isinstance(value, set | frozenset):
        return kind, frozenset(map(told, value))
    if isinstance(value, list | tuple):
        return kind, *map(told, value)
    return kind, repr(value)


@given(st.lists(values, min_size=2, max_size=6))
def test_hashes_are_equal_exactly_when_values_are_equal_in_type_and_content(sample):
    known = [(content_hash(value), told(value)) for value in sample]
    for one_hash, one in known:
        for other_hash, other in known:
            assert (one_hash == other_hash) == (one == other)


@given(values, st.randoms(use_true_random=False))
def test_rebuilding_a_value_in_another_order_keeps_its_hash(value, random):
    assert content_hash(rebuilt(value, random)) == content_hash(value)


def rebuilt(value, random):
    if isinstance(value, dict):
        pairs = [(rebuilt(key, random), rebuilt(item, random)) for key, item in value.items()]
        random.shuffle(pairs)
        return dict(pairs)
    if isinstance(value, set | frozenset):
        members = [rebuilt(each, random) for each in value]
        random.shuffle(members)
        return type(value)(members)
    if isinstance(value, list | tuple):
        return type(value)([rebuilt(each, random) for each in value])
    return copy.deepcopy(value)


SCRIPT = """
import dataclasses, enum, functools, json, sys
from datetime import date, datetime, UTC
from decimal import Decimal
from pathlib import Path
import numpy as np, pandas as pd
from jupyter_flows.caching.content import content_hash, source_hash

class Colour(enum.Enum):
    RED = "r"

@dataclasses.dataclass
class Point:
    x: int
    colour: Colour

RATES = {"b": 1, "a": {"x", "y", "z"}}

def double(value):
    return value * 2 if value in {"p", "q", "r"} else helper(value, RATES)

def helper(value, rates):
    return [double, Point, lambda: value]

made = eval("lambda v, k=3: v in {'s', 't', 'u'}")
values = [
    {"a", "b", "c", 1, None, ("d", frozenset({"e", "f"}))},
    {"k" + str(i): {str(j) for j in range(i)} for i in range(20)},
    Point(1, Colour.RED), [Path("a"), Decimal("1.10"), date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)],
    double, made, functools.partial(double, {"x", "y"}), {double, helper}, Point, Colour, np.mean, str.upper, print,
    np.arange(12).reshape(3, 4).T, np.array(["a", None, {"q", "w"}], dtype=object),
    pd.DataFrame({"s": ["a", None], "c": pd.Categorical(["x", "y"]), "t": pd.date_range("2024", periods=2, tz="UTC")}),
]
print(json.dumps([content_hash(value) for value in values] + [source_hash(double), source_hash(made)]))
"""


def run_script(folder, seed):
    script = folder / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_another_process_with_another_hash_seed_gives_the_same_hashes(tmp_path):
    first = run_script(tmp_path, "0")
    assert len(set(first[:-2])) == len(first) - 2
    for seed in ("1", "271828"):
        assert run_script(tmp_path, seed) == first


def test_a_value_in_many_places_is_walked_once():
    value = ["x" * 100]
    for _ in range(100):
        value = [value, value]
    assert content_hash(value) == content_hash(copy.deepcopy(value))


def test_sharing_does_not_count():
    inner = list(range(100))
    assert content_hash([inner, inner]) == content_hash([list(inner), list(inner)])


def knot():
    value = []
    value.append({"back": value})
    return value


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


class Opaque:
    pass


class Remembering(list):
    pass


@pytest.mark.parametrize(
    ("value", "type_name", "why"),
    [
        (knot(), "list", "contains itself"),
        (deep(), "list", "nested too deeply"),
        (threading.Lock(), "lock", "does not say what its content is"),
        ((number for number in [1]), "generator", "does not say"),
        ({"inside": [Opaque()]}, "Opaque", "does not say"),
        (Remembering([1]), "Remembering", "does not say"),
        (iter([1]), "list_iterator", "does not say"),
        (object(), "object", "does not say"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_has_no_stable_content_is_refused(value, type_name, why):
    with pytest.raises(Unhashable, match=why) as caught:
        content_hash(value)
    assert type_name in caught.value.type_name


def test_a_refusal_leaves_nothing_behind():
    value = [1, Opaque()]
    with pytest.raises(Unhashable):
        content_hash(value)
    value.pop()
    assert content_hash(value) == content_hash([1])
