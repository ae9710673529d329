from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jupyter_flows.caching.arrays import BLOCK
from jupyter_flows.caching.content import content_hash
from jupyter_flows.caching.tokens import Unhashable

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})
DAYS = pd.date_range("2024-01-01", periods=3)

DIFFERENT = {
    "plain": FRAME,
    "value": FRAME.assign(a=[1, 2, 4]),
    "text": FRAME.assign(b=["x", "y", "z"]),
    "dtype": FRAME.astype({"a": "int32"}),
    "float": FRAME.astype({"a": float}),
    "nullable": FRAME.astype({"a": "Int64"}),
    "nullable with a gap": FRAME.assign(a=pd.array([1, None, 3], dtype="Int64")),
    "nullable with a zero": FRAME.assign(a=pd.array([1, 0, 3], dtype="Int64")),
    "objects": FRAME.astype({"b": object}),
    "categories": FRAME.astype({"b": "category"}),
    "ordered": FRAME.assign(b=pd.Categorical(FRAME["b"], ordered=True)),
    "more categories": FRAME.assign(b=pd.Categorical(FRAME["b"], categories=["x", "y", "z"])),
    "column name": FRAME.rename(columns={"a": "c"}),
    "column order": FRAME[["b", "a"]],
    "name of the columns": FRAME.rename_axis(columns="what"),
    "index": FRAME.set_axis([1, 2, 3]),
    "index of another type": FRAME.set_axis(["0", "1", "2"]),
    "name of the index": FRAME.rename_axis("row"),
    "levels": FRAME.set_axis(pd.MultiIndex.from_tuples([(0, 1), (0, 2), (1, 1)])),
    "rows": FRAME[:2],
    "no rows": FRAME[:0],
    "nothing": pd.DataFrame(),
    "days": FRAME.set_axis(DAYS),
    "days without a frequency": FRAME.set_axis(pd.DatetimeIndex(DAYS.to_numpy())),
    "days in a zone": FRAME.set_axis(DAYS.tz_localize("UTC")),
    "days in another zone": FRAME.set_axis(DAYS.tz_localize("Europe/Rome")),
    "periods": FRAME.set_axis(DAYS.to_period("D")),
    "intervals": FRAME.set_axis(pd.interval_range(0, 3)),
    "intervals closed left": FRAME.set_axis(pd.interval_range(0, 3, closed="left")),
    "spans": FRAME.set_axis(pd.timedelta_range("1D", periods=3)),
    "sparse": pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1])}),
    "same name twice": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "series": FRAME["a"],
    "series of another name": pd.Series(FRAME["a"], name="b"),
    "index itself": pd.Index([1, 2, 3]),
    "range": pd.RangeIndex(3),
    "array": pd.array([1, 2, 3]),
    "categorical": pd.Categorical(["x"]),
    "timestamp": pd.Timestamp("2024-01-01"),
    "timestamp in a zone": pd.Timestamp("2024-01-01", tz="UTC"),
    "timedelta": pd.Timedelta("1D"),
    "period": pd.Period("2024-01"),
    "period of days": pd.Period("2024-01-01", freq="D"),
    "interval": pd.Interval(0, 1),
    "NaT": pd.NaT,
    "NA": pd.NA,
    "dtype itself": pd.Int64Dtype(),
    "class": pd.DataFrame,
}


def test_different_frames_have_different_hashes():
    hashes = {name: content_hash(value) for name, value in DIFFERENT.items()}
    assert sorted(name for name, each in hashes.items() if list(hashes.values()).count(each) > 1) == []


@pytest.mark.parametrize(
    "name", [name for name, value in DIFFERENT.items() if isinstance(value, pd.DataFrame | pd.Series)]
)
def test_a_copy_has_an_equal_hash(name):
    value = DIFFERENT[name].copy()
    assert content_hash(value) == content_hash(DIFFERENT[name])


def test_attributes_count():
    other = FRAME.copy()
    other.attrs["unit"] = "m"
    assert content_hash(other) != content_hash(FRAME)


def test_what_lies_under_a_gap_does_not_count():
    one = pd.arrays.IntegerArray(np.array([1, 7]), np.array([False, True]))
    other = pd.arrays.IntegerArray(np.array([1, 9]), np.array([False, True]))
    assert content_hash(one) == content_hash(other)


def test_levels_that_no_row_uses_do_not_count():
    some = pd.MultiIndex.from_product([["a", "b", "c"], [1, 2]]).take([0, 1])
    assert content_hash(some) == content_hash(pd.MultiIndex.from_product([["a"], [1, 2]]))


def test_how_a_large_frame_lies_in_memory_does_not_count():
    numbers = np.random.default_rng(1).random((BLOCK // 8 + 5, 3))
    shared = pd.DataFrame(numbers, columns=list("abc"), copy=False)
    separate = pd.DataFrame({name: numbers[:, place].copy() for place, name in enumerate("abc")})
    assert not shared["a"].to_numpy().flags.c_contiguous
    assert separate["a"].to_numpy().flags.c_contiguous
    assert content_hash(shared) == content_hash(separate)
    changed = separate.copy()
    changed.loc[len(changed) - 1, "c"] = 0.0
    assert content_hash(changed) != content_hash(shared)


class Priced(pd.DataFrame):
    currency = "EUR"


def test_a_subclass_is_refused():
    with pytest.raises(Unhashable, match="Priced"):
        content_hash(Priced(FRAME))


def test_an_object_without_a_hash_in_a_column_is_refused():
    with pytest.raises(Unhashable, match="object"):
        content_hash(pd.DataFrame({"a": [object()]}))
