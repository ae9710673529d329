"""The order within the columns of a picture, chosen so that few edges cross.

Barycentre sweeps and neighbour exchanges (Sugiyama, Tagawa, Toda 1981); ties keep the order they had, so that the
same graph always gives the same picture.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from jupyter_flows.graph.layers import Layers

# Effort by size (nodes, stations and edges): small graphs are looked at, large ones only have to be there in time.
_SWEEPS = ((600, 24), (3000, 10), (8000, 4))
_COUNTED = 8000
_EXCHANGED = 3000


def reduce_crossings(layers: Layers) -> None:
    """Reorder the columns in place."""
    size = len(layers.left) + sum(map(len, layers.right))
    _seed(layers)
    best, fewest = [list(column) for column in layers.columns], None
    if size <= _COUNTED:
        fewest = crossings(layers)
    sweeps = next((sweeps for limit, sweeps in _SWEEPS if size <= limit), 2)
    for sweep in range(sweeps):
        if fewest == 0:
            break
        _sweep(layers, sweep % 2 == 0)
        if size <= _EXCHANGED:
            _exchange(layers)
        found = None if fewest is None else crossings(layers)
        if fewest is None or found is None or found < fewest:
            best, fewest = [list(column) for column in layers.columns], found
    layers.columns[:] = best


def crossings(layers: Layers) -> int:
    """Count the pairs of edges that cross between neighbouring columns."""
    place = _places(layers)
    total = 0
    for column in layers.columns[:-1]:
        seen: list[int] = []
        for node in column:
            for end in sorted(place[there] for there in layers.right[node]):
                total += len(seen) - bisect_right(seen, end)
                insort(seen, end)
    return total


def _places(layers: Layers) -> list[int]:
    place = [0] * len(layers.left)
    for column in layers.columns:
        for index, node in enumerate(column):
            place[node] = index
    return place


def _seed(layers: Layers) -> None:
    # Depth first from the top: trees come out without a crossing.
    seen = [False] * len(layers.left)
    columns: list[list[int]] = [[] for _ in layers.columns]
    column_of = [0] * len(layers.left)
    for index, column in enumerate(layers.columns):
        for node in column:
            column_of[node] = index
    for start in [node for column in layers.columns for node in sorted(column)]:
        trail = [] if seen[start] else [start]
        seen[start] = True
        while trail:
            node = trail.pop()
            columns[column_of[node]].append(node)
            for there in reversed(layers.right[node]):
                if not seen[there]:
                    seen[there] = True
                    trail.append(there)
    layers.columns[:] = columns


def _sweep(layers: Layers, rightward: bool) -> None:
    place: list[float] = [float(index) for index in _places(layers)]
    neighbours = layers.left if rightward else layers.right
    for column in layers.columns if rightward else reversed(layers.columns):
        wanted = {node: _mean(neighbours[node], place, place[node]) for node in column}
        column.sort(key=wanted.__getitem__)
        for index, node in enumerate(column):
            place[node] = float(index)


def _mean(nodes: Sequence[int], place: Sequence[float], otherwise: float) -> float:
    return sum([place[node] for node in nodes]) / len(nodes) if nodes else otherwise


def _exchange(layers: Layers) -> None:
    place = _places(layers)
    for column in layers.columns:
        for _ in range(4):
            if not _exchange_once(column, place, layers):
                break


def _exchange_once(column: list[int], place: list[int], layers: Layers) -> bool:
    changed = False
    for index in range(len(column) - 1):
        upper, lower = column[index], column[index + 1]
        gain = 0
        for sides in (layers.left, layers.right):
            ours = sorted([place[node] for node in sides[upper]])
            theirs = sorted([place[node] for node in sides[lower]])
            gain += _crossed(ours, theirs) - _crossed(theirs, ours)
        if gain > 0:
            column[index], column[index + 1] = lower, upper
            place[upper], place[lower] = index + 1, index
            changed = True
    return changed


def _crossed(upper: Sequence[int], lower: Sequence[int]) -> int:
    return sum([len(upper) - bisect_right(upper, end) for end in lower])
