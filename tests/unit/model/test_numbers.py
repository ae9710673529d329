"""Numbers of runs, written as ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.model.numbers import decode_numbers, encode_numbers


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([1, 2], "1-2"), ([4, 1, 2, 3, 9], "1-4,9"), ([5, 5], "5"), ([1, 3, 5], "1,3,5")],
)
def test_numbers_are_written_as_sorted_ranges(numbers, text):
    assert encode_numbers(numbers) == text


@given(st.lists(st.integers(0, 200)))
def test_what_is_written_is_read_again(numbers):
    assert decode_numbers(encode_numbers(numbers)) == tuple(sorted(set(numbers)))


def test_a_wide_reduce_is_one_short_text():
    assert encode_numbers(range(1, 10_001)) == "1-10000"
