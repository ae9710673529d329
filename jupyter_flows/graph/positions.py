"""Heights in the columns of a picture: each box near its neighbours, long edges straight, nothing on top of another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from jupyter_flows.graph.layers import Layers, Pair

GAP = 22.0
STATION_GAP = 13.0
# How firmly each keeps to its wish: nodes, stations, and what hangs on another or has no neighbour on that side.
_NODE, _STATION, _LOOSE = 1.0, 6.0, 1e-5
# An edge that is the only one at both its ends wants to be straight.
_ONLY = 8
# Passes by size: the last ones only polish.
_PASSES = ((600, 12), (3000, 6), (8000, 3))


def settle(layers: Layers, heights: Sequence[float], hanging: Collection[Pair] = ()) -> list[float]:
    """Choose the middle of each node and station, in pixels downward; the topmost box begins at 0.

    Parameters
    ----------
    layers
        With its columns in their final order.
    heights
        Of each node and station (0).
    hanging
        Pairs of neighbours of which the right one hangs on the left one without pulling at it.
    """
    offsets = _offsets(layers, heights)
    middle = [0.0] * len(layers.left)
    for column in layers.columns:
        for node in column:
            middle[node] = offsets[node]
    size = len(layers.left) + sum(map(len, layers.right))
    passes = next((passes for limit, passes in _PASSES if size <= limit), 1)
    left, right = _pulls(layers, hanging) if size <= _PASSES[-1][0] else (layers.left, layers.right)
    both = [a + b for a, b in zip(left, right, strict=True)]
    weights = [_NODE] * layers.count + [_STATION] * (len(middle) - layers.count)
    for _, hung in hanging:
        weights[hung] = _LOOSE
    for _ in range(passes):
        before = middle[:]
        for column in layers.columns[1:]:
            _place(column, left, middle, offsets, weights)
        for column in layers.columns[-2::-1]:
            _place(column, right, middle, offsets, weights)
        if middle == before:  # nothing moves any more, as in a chain
            break
    for column in layers.columns if size <= _PASSES[-1][0] else ():
        _place(column, both, middle, offsets, weights)
    _straighten(layers, middle, offsets)
    top = min((middle[node] - heights[node] / 2 for node in range(len(middle))), default=0.0)
    return [round(y - top, 1) for y in middle]


def _pulls(layers: Layers, hanging: Collection[Pair]) -> tuple[list[list[int]], list[list[int]]]:
    # Neighbours as often as they pull.
    right = [[b for b in near if (a, b) not in hanging] for a, near in enumerate(layers.right)]
    left: list[list[int]] = [[] for _ in right]
    for a, near in enumerate(right):
        for b in near:
            left[b].append(a)
    for a, near in enumerate(right):
        if len(near) == 1 and len(left[near[0]]) == 1:
            left[near[0]] = [a] * _ONLY
            right[a] = near * _ONLY
    for a, b in hanging:
        left[b].append(a)
    return left, right


def _offsets(layers: Layers, heights: Sequence[float]) -> list[float]:
    # The least distance of each node from the first of its column.
    offsets = [0.0] * len(layers.left)
    for column in layers.columns:
        down = 0.0
        for above, node in pairwise(column):
            routed = above >= layers.count or node >= layers.count
            down += (heights[above] + heights[node]) / 2 + (STATION_GAP if routed else GAP)
            offsets[node] = down
    return offsets


def _place(
    column: Sequence[int],
    sides: Sequence[Sequence[int]],
    middle: list[float],
    offsets: Sequence[float],
    weights: Sequence[float],
) -> None:
    # Least squares under "keep the order and the distances": pool adjacent violators on wish minus offset.
    pools: list[tuple[float, float, int]] = []  # sum of weighted wishes, weight, members
    for node in column:
        near = sides[node]
        if near:
            wish = sum([middle[other] for other in near]) / len(near) - offsets[node]
            weight = weights[node]
        else:
            wish, weight = middle[node] - offsets[node], _LOOSE
        total, members = wish * weight, 1
        while pools and pools[-1][0] * weight > total * pools[-1][1]:
            above = pools.pop()
            total, weight, members = total + above[0], weight + above[1], members + above[2]
        pools.append((total, weight, members))
    index = 0
    for total, weight, members in pools:
        level = total / weight
        for node in column[index : index + members]:
            middle[node] = level + offsets[node]
        index += members


def _straighten(layers: Layers, middle: list[float], offsets: Sequence[float]) -> None:
    # Where there is room for it, all stations of an edge go to one height.
    above: dict[int, int] = {}
    below: dict[int, int] = {}
    for column in layers.columns:
        for upper, lower in pairwise(column):
            below[upper], above[lower] = lower, upper
    # Edges share stations: the longest of them decides.
    for route in sorted(layers.routes, key=len):
        stations = route[1:-1]
        if not stations:
            continue
        least = max([middle[above[s]] + offsets[s] - offsets[above[s]] for s in stations if s in above], default=-1e9)
        most = min([middle[below[s]] + offsets[s] - offsets[below[s]] for s in stations if s in below], default=1e9)
        if least <= most:
            ends = [middle[route[0]], middle[route[-1]]]
            ours = sum([middle[s] for s in stations]) / len(stations)
            # At the height of one of its ends an edge is a single bend.
            level = next((end for end in ends if least <= end <= most), min(max(ours, least), most))
            for station in stations:
                middle[station] = level
