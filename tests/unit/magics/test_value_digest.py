"""What tells whether a value of the notebook is still the same."""

from __future__ import annotations

import numpy as np
import pytest

from jupyter_flows.magics.value_digest import is_definition, value_digest

SMALL = [3, "text", [1, [2, 3]], {"a": (1, None)}, {1, 2}, np.arange(5), b"bytes"]
LARGE = [list(range(5_000)), [[list(range(1_000))] * 3], "x" * 2_000_000, np.zeros(1_000_000)]


@pytest.mark.parametrize("value", SMALL, ids=lambda value: type(value).__name__)
def test_a_small_value_counts_by_its_content(value):
    assert value_digest(value, "run 1") == value_digest(value, "run 2")
    assert not value_digest(value, "run 1").startswith(("run", "object"))


@pytest.mark.parametrize("value", LARGE, ids=lambda value: type(value).__name__)
def test_a_large_value_counts_by_the_run_that_gave_it(value):
    assert value_digest(value, "run 1") == "run 1"
    assert value_digest(value) == value_digest(value)
    assert value_digest(value).startswith("object")


def test_what_has_no_content_counts_by_which_object_it_is():
    one, other = object(), object()
    assert value_digest(one) == value_digest(one)
    assert value_digest(one) != value_digest(other)


def test_functions_and_classes_are_code_and_other_values_are_not():
    assert is_definition(value_digest)
    assert is_definition(int)
    assert not is_definition(3)


def test_a_container_may_be_in_itself_and_as_deep_as_it_likes():
    endless: list[object] = []
    endless.append(endless)
    deep: list[object] = []
    for _ in range(3_000):
        deep = [deep]
    assert value_digest(endless, "run 1") == value_digest(endless, "run 1")
    assert value_digest(deep, "run 1") == value_digest(deep, "run 1")
