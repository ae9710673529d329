"""Where a name stands on the ways through a cell: still from outside, bound here, or deleted.

A state maps each name to the set of its standings, as bits; a name that is not in it is from outside on every way. The
state of a place that no way leads to is None.
"""

from __future__ import annotations

from collections.abc import Iterable

OUTER, HERE, GONE = 1, 2, 4

Ways = dict[str, int]


def joined(states: Iterable[Ways | None]) -> Ways | None:
    """The state where several ways meet."""
    found: Ways | None = None
    for state in states:
        if state is None:
            continue
        if found is None:
            found = dict(state)
            continue
        for name in found.keys() - state.keys():
            found[name] |= OUTER
        for name, standing in state.items():
            found[name] = found.get(name, OUTER) | standing
    return found
