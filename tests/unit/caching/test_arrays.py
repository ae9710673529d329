from __future__ import annotations

import resource
import subprocess
import sys

import numpy as np
import pytest

from jupyter_flows.caching.arrays import BLOCK
from jupyter_flows.caching.content import content_hash
from jupyter_flows.caching.tokens import Unhashable

SMALL = np.arange(6, dtype="<i8")
DIFFERENT = [
    *(SMALL, SMALL[::-1], SMALL.reshape(2, 3), SMALL.reshape(3, 2), SMALL.reshape(2, 3).T, SMALL[:5], SMALL[:0]),
    *(SMALL.astype("<i4"), SMALL.astype(">i8"), SMALL.astype("f8"), SMALL.astype("M8[ns]"), SMALL.astype("M8[s]")),
    *(SMALL.astype("m8[s]"), SMALL.astype(bool), SMALL.astype(complex), SMALL.astype("S2"), SMALL.astype("U2")),
    *(SMALL.astype(object), SMALL.astype("f2"), np.array(SMALL.tolist(), dtype=np.longdouble), SMALL.tolist()),
    *(np.array(1), np.int64(1), np.array([1]), np.float64(1), np.float32(1), np.bool_(True), np.datetime64(1, "s")),
    *(np.zeros((0, 3)), np.zeros((3, 0)), np.array([0.0]), np.array([-0.0]), np.array(["a", "b"]), np.str_("a")),
    *(np.ma.masked_array(SMALL, SMALL > 3), np.ma.masked_array(SMALL, SMALL > 4), np.array(["a", None], dtype=object)),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("c", "f8")]),
    np.array([(1, 2.0)], dtype=np.dtype([("a", "i4"), ("b", "f8")], align=True)),
    *(np.dtype("i4"), np.dtype("f4"), np.int32, np.float32, np.add, np.mean),
    np.array(["a", "bc"], dtype=np.dtypes.StringDType()),
    np.array(["ab", "c"], dtype=np.dtypes.StringDType()),
]


def test_different_arrays_have_different_hashes():
    hashes = [content_hash(array) for array in DIFFERENT]
    twice = [array for array, each in zip(DIFFERENT, hashes, strict=True) if hashes.count(each) > 1]
    assert twice == []


@pytest.mark.parametrize("shape", [(1 << 19,), (1024, 512), (2, 1 << 18), (1 << 18, 2), (8, 256, 256), (1, 1, 1 << 19)])
def test_strides_do_not_count(shape):
    array = np.arange(1 << 19, dtype="f8").reshape(shape)
    doubled = np.zeros([2 * length for length in shape])
    strided = doubled[tuple(slice(None, None, 2) for _ in shape)]
    strided[...] = array
    backwards = np.ascontiguousarray(array[::-1])[::-1]
    assert array.nbytes > BLOCK
    for other in (np.asfortranarray(array), strided, backwards, array.copy()):
        assert content_hash(other) == content_hash(array)


def test_one_changed_bit_counts_wherever_it_is():
    array = np.zeros((1000, 300))
    first = content_hash(array)
    array[999, 299] = 5e-324
    assert content_hash(array) != first
    assert content_hash(np.asfortranarray(array)) == content_hash(array)


def test_padding_between_fields_does_not_count():
    kind = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    one, other = np.zeros(3, dtype=kind), np.frombuffer(bytearray(b"\xff" * 3 * kind.itemsize), dtype=kind)
    other["a"], other["b"] = 0, 0
    assert one.tobytes() != other.tobytes()
    assert content_hash(one) == content_hash(other)


def test_a_mapped_file_counts_by_its_elements(tmp_path):
    for name in ("one", "other"):
        mapped = np.memmap(tmp_path / name, dtype="i4", mode="w+", shape=(4,))
        mapped[:] = 7
    again = [np.memmap(tmp_path / name, dtype="i4", mode="r", shape=(4,)) for name in ("one", "other")]
    assert content_hash(again[0]) == content_hash(again[1])


class Tagged(np.ndarray):
    tag = "x"


def test_a_subclass_that_may_hold_more_is_refused():
    with pytest.raises(Unhashable, match="may hold more than its elements"):
        content_hash(SMALL.view(Tagged))


def test_an_object_without_a_hash_in_an_array_is_refused():
    with pytest.raises(Unhashable, match="object"):
        content_hash(np.array([1, object()], dtype=object))


MEMORY = """
import resource, sys
import numpy as np
from jupyter_flows.caching.content import content_hash

array = np.ones({shape})
if {frame}:
    import pandas as pd
    array = pd.DataFrame(array, copy=False)
    array["whole"] = np.arange(len(array))
content_hash(array[:10])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
content_hash(array)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(
    ("shape", "frame"), [("12_500_000", False), ("(3000, 4000), order='F'", False), ("(1_000_000, 12)", True)]
)
def test_hashing_100_megabytes_copies_less_than_a_twentieth(shape, frame):
    assert sys.platform.startswith("linux"), "ru_maxrss is in kilobytes"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    script = MEMORY.format(shape=shape, frame=frame)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 5_000
