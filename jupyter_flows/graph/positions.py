"""Heights in the columns of a picture: each box near its neighbours, long edges straight, nothing on top of another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from jupyter_flows.graph.layers import Layers

GAP = 22.0
STATION_GAP = 13.0
_STATION_WEIGHT = 6.0
# Passes by size: the last ones only polish.
_PASSES = ((600, 12), (3000, 6), (8000, 3))


def settle(layers: Layers, heights: Sequence[float]) -> list[float]:
    """Choose the middle of each node and station, in pixels downward; the topmost box begins at 0.

    Parameters
    ----------
    layers
        With its columns in their final order.
    heights
        Of each node and station (0).
    """
    offsets = _offsets(layers, heights)
    middle = [0.0] * len(layers.left)
    for column in layers.columns:
        for node in column:
            middle[node] = offsets[node]
    size = len(layers.left) + sum(map(len, layers.right))
    passes = next((passes for limit, passes in _PASSES if size <= limit), 1)
    both = [a + b for a, b in zip(layers.left, layers.right, strict=True)]
    for _ in range(passes):
        for column in layers.columns[1:]:
            _place(column, layers.left, middle, offsets, layers.count)
        for column in layers.columns[-2::-1]:
            _place(column, layers.right, middle, offsets, layers.count)
    for column in layers.columns if size <= _PASSES[-1][0] else ():
        _place(column, both, middle, offsets, layers.count)
    _straighten(layers, middle, offsets)
    top = min((middle[node] - heights[node] / 2 for node in range(len(middle))), default=0.0)
    return [round(y - top, 1) for y in middle]


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
    count: int,
) -> None:
    # Least squares under "keep the order and the distances": pool adjacent violators on wish minus offset.
    pools: list[tuple[float, float, int]] = []  # sum of weighted wishes, weight, members
    for node in column:
        near = sides[node]
        if near:
            wish = sum([middle[other] for other in near]) / len(near) - offsets[node]
            weight = 1.0 if node < count else _STATION_WEIGHT
        else:
            wish, weight = middle[node] - offsets[node], 0.05
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
    for route in layers.routes:
        stations = route[1:-1]
        if not stations:
            continue
        least = max([middle[above[s]] + offsets[s] - offsets[above[s]] for s in stations if s in above], default=-1e9)
        most = min([middle[below[s]] + offsets[s] - offsets[below[s]] for s in stations if s in below], default=1e9)
        if least <= most:
            wish = (middle[route[0]] + middle[route[-1]]) / 2
            ours = sum([middle[s] for s in stations]) / len(stations)
            level = min(max(wish if len(stations) == 1 else ours, least), most)
            for station in stations:
                middle[station] = level
