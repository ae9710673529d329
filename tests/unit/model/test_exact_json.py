"""JSON only where nothing changes by it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.model.exact_json import DEPTH, exact_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=JSON)
def test_every_json_value_is_taken_and_comes_back(value: object):
    text = exact_json(value)
    assert text is not None
    back = json.loads(text)
    assert repr(back) == repr(value)


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_very_deep_values_are_left_to_others():
    assert exact_json(nested(DEPTH - 1)) is not None
    assert exact_json(nested(DEPTH)) is None


def test_a_small_value_that_unfolds_to_a_huge_one_is_refused_at_once():
    value: list[object] = []
    for _ in range(90):
        value = [value, value]
    assert exact_json(value) is None


def test_integers_that_python_may_refuse_to_read_are_left_to_others():
    assert exact_json(1 << 1_999) is not None
    assert exact_json(1 << 2_000) is None
    assert exact_json(-(10**700)) is None
