"""Parts of a graph that have no edge to one another, laid out beside and below one another."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

Pair = tuple[int, int]

# A cell output is wider than high.
_ASPECT = 1.6
_LEAST_COLUMNS = 5


def parts(count: int, edges: Sequence[Pair]) -> tuple[list[list[int]], list[int]]:
    """Split nodes into those that hang together (in order of their first member) and those without any edge."""
    head = list(range(count))

    def find(node: int) -> int:
        while head[node] != node:
            head[node] = head[head[node]]
            node = head[node]
        return node

    for source, target in edges:
        one, other = find(source), find(target)
        head[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for node in range(count):
        groups.setdefault(find(node), []).append(node)
    return [g for g in groups.values() if len(g) > 1], [g[0] for g in groups.values() if len(g) == 1]


def grid_columns(count: int, width: float, height: float) -> int:
    """How many cells of this size stand in a row of a block that is a little wider than high."""
    return max(min(count, _LEAST_COLUMNS), ceil(sqrt(count * height * _ASPECT / width)))


def shelves(sizes: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Place blocks on shelves, in their order.

    Parameters
    ----------
    sizes
        Width and height of each block.
    gap
        Free space between blocks.

    Returns
    -------
    list of (float, float)
        Left and top of each block.
    """
    area = sum((width + gap) * (height + gap) for width, height in sizes)
    room = max([sqrt(area * _ASPECT), *(width for width, _ in sizes)])
    spots: list[tuple[float, float]] = []
    x = y = tallest = 0.0
    for width, height in sizes:
        if x and x + width > room:
            x, y, tallest = 0.0, y + tallest + gap, 0.0
        spots.append((x, y))
        x, tallest = x + width + gap, max(tallest, height)
    return spots
