"""Identifiers, drawn from the system's randomness in bulk (one uuid4 costs 1.5 µs, a slice of a pool 0.1 µs)."""

from __future__ import annotations

import os

_POOL_BYTES = 6 * 256
_pool: list[str] = []


def new_run_id() -> str:
    """Return 12 random hexadecimal digits: enough to tell 2**24 runs of one store apart, short enough to type."""
    try:
        return _pool.pop()
    except IndexError:
        drawn = os.urandom(_POOL_BYTES).hex()
        _pool.extend(drawn[start : start + 12] for start in range(0, len(drawn), 12))
        return _pool.pop()


def forget_drawn_ids() -> None:
    """Drop what was drawn ahead: a forked child must not use its parent's."""
    _pool.clear()


os.register_at_fork(after_in_child=forget_drawn_ids)
