from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jupyter_flows.graph.value_words import together, value_words


class Hostile:
    @property
    def shape(self):
        raise AssertionError("a class of the user's own was asked for something")

    def __repr__(self):
        raise AssertionError("its repr was made")

    __len__ = __repr__  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        (True, "True"),
        (3, "3"),
        (10**30, "int"),
        (0.5, "0.5"),
        ("Rome", "'Rome'"),
        ("x" * 5000, "str of 5,000 letters"),
        (b"abc", "bytes of 3 bytes"),
        ([], "list of 0"),
        ([1, 2], "list of 2 int"),
        ([1, "a"], "list of 2"),
        ({"a": 1}, "dict of 1"),
        ({1, 2}, "set of 2"),
        (Hostile(), "Hostile"),
        ([Hostile()], "list of 1 Hostile"),
        (np.zeros((3, 4)), "ndarray 3 \N{MULTIPLICATION SIGN} 4 float64"),
        (pd.DataFrame({"a": range(1200), "b": 0}), "DataFrame 1,200 \N{MULTIPLICATION SIGN} 2"),
        (pd.Series([1, 2]), "Series 2 int64"),
        (range(3), "range"),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_a_value_is_told_by_its_type_and_shape(value, words):
    assert value_words(value) == words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], ""),
        (["DataFrame 3"], "DataFrame 3"),
        (["list of 2", "None", "list of 2"], "2 \N{MULTIPLICATION SIGN} list of 2, 1 \N{MULTIPLICATION SIGN} None"),
        (["1", "2", "3"], "3 values, such as 1"),
        (["a", "b", "c", "d", "d"], "5 values, such as d"),
    ],
    ids=str,
)
def test_several_values_are_told_together(said, words):
    assert together(said) == words
