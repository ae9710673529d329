"""Workloads of cache keys: content hashes against sha256 of the same bytes, and a small key."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

Figures = dict[str, float]


def _median(work: Callable[[], object], times: int = 5) -> float:
    spent: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return sorted(spent)[times // 2]


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _against_sha256(value: Any, buffers: list[Any]) -> Figures:
    """Time a value's hash and sha256 of its buffers in turn; both read memory that is warm."""
    from jupyter_flows.caching.content import content_hash

    def floor() -> None:
        digest = sha256()
        for buffer in buffers:
            digest.update(buffer)

    floor()
    content_hash(value[:10])
    before = _peak()
    content_hash(value)
    copied = _peak() - before
    ratios: list[float] = []
    own: list[float] = []
    for _ in range(5):
        base = _median(floor, 1)
        own.append(_median(lambda: content_hash(value), 1))
        ratios.append(own[-1] / base)
    return {"seconds": sorted(own)[2], "ratio": sorted(ratios)[2], "copied_bytes": copied}


def hash_array() -> Figures:
    """A 100 MB array."""
    import numpy as np

    array = np.random.default_rng(1).random(100_000_000 // 8)
    return _against_sha256(array, [array])


def hash_frame() -> Figures:
    """A frame of 1,000,000 rows: ten columns of floats, two of whole numbers, one of moments."""
    import numpy as np
    import pandas as pd

    rows = 1_000_000
    frame = pd.DataFrame(np.random.default_rng(1).random((rows, 10)), columns=list("abcdefghij"))
    frame["number"] = np.arange(rows)
    frame["code"] = (np.arange(rows) % 7).astype("int16")
    frame["at"] = pd.date_range("2013-01-01", periods=rows, freq="min")
    return _against_sha256(frame, [frame[name].to_numpy().view("u1") for name in frame])


def hash_texts() -> Figures:
    """A frame of 1,000,000 rows with one column of texts, against sha256 of the texts and their lengths."""
    import numpy as np
    import pandas as pd

    names = [f"name {number}" for number in range(1_000_000)]
    frame = pd.DataFrame({"name": names})
    return _against_sha256(frame, ["".join(names).encode(), np.array([len(name) for name in names], "i4")])


def small_key() -> Figures:
    """One key of the default policy, three small arguments."""
    from jupyter_flows.caching.policies import DEFAULT, CacheFacts

    facts = CacheFacts("etl.load", small_key, {"day": "2013-01-15", "limit": 100, "columns": ["a", "b"]}, "run")
    many = 1000
    return {"seconds": _median(lambda: [DEFAULT.key(facts) for _ in range(many)]) / many}


WORKLOADS: dict[str, Callable[[], Figures]] = {
    "hash_array": hash_array,
    "hash_frame": hash_frame,
    "hash_texts": hash_texts,
    "small_key": small_key,
}
