"""Columns of a picture: every node right of all its upstreams, and stations where a long edge passes a column.

Nodes are numbers from 0 here. A station (the literature's *dummy node*) is a number from ``count`` on; it gives a
long edge a place of its own among the boxes of a column, so that its curve never runs through one. Edges from one
source share their stations: they leave as one line and part where they must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Pair = tuple[int, int]


@dataclass(slots=True)
class Layers:
    """A layered graph.

    Parameters
    ----------
    count
        How many real nodes there are.
    columns
        Nodes and stations of each column, top to bottom.
    left, right
        Neighbours of each node and station in the columns beside its own.
    routes
        For each edge its nodes and stations, from source to target.
    """

    count: int
    columns: list[list[int]]
    left: list[list[int]]
    right: list[list[int]]
    routes: list[list[int]]


def forward(count: int, edges: Sequence[Pair]) -> tuple[list[int], set[int]]:
    """Return the nodes in an order that edges follow, and which edges (by position) had to be turned round for it."""
    after: list[list[int]] = [[] for _ in range(count)]  # places of edges
    for place, (source, _) in enumerate(edges):
        after[source].append(place)
    turned: set[int] = set()
    state = [0] * count  # 0 new, 1 on the way down, 2 done
    order: list[int] = []
    # From the first node on, so that of a circle the edge back to what was given first is turned.
    for root in range(count):
        if state[root]:
            continue
        state[root] = 1
        trail = [(root, iter(after[root]))]
        while trail:
            node, rest = trail[-1]
            for place in rest:
                target = edges[place][1]
                if not state[target]:
                    state[target] = 1
                    trail.append((target, iter(after[target])))
                    break
                if state[target] == 1:
                    turned.add(place)
            else:
                state[node] = 2
                order.append(node)
                trail.pop()
    return order[::-1], turned


def layered(count: int, edges: Sequence[Pair], order: Sequence[int]) -> Layers:
    """Put each node as far left as its upstreams allow, and stations where edges pass columns.

    Parameters
    ----------
    count
        Number of nodes.
    edges
        Pairs that all follow ``order``, each once.
    order
        Every node, each after everything before it.
    """
    rank = ranks(count, edges, order)
    columns: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for node in order:
        columns[rank[node]].append(node)
    left: list[list[int]] = [[] for _ in range(count)]
    right: list[list[int]] = [[] for _ in range(count)]
    routes: list[list[int]] = []
    longest = _longest_routed(rank, edges, budget=2 * count + 2000)
    shared: dict[Pair, int] = {}
    for source, target in edges:
        if rank[target] - rank[source] > longest:
            routes.append([source, target])
            continue
        route = [source]
        for column in range(rank[source] + 1, rank[target]):
            station = shared.setdefault((source, column), len(left))
            if station == len(left):
                columns[column].append(station)
                left.append([])
                right.append([])
            route.append(station)
        route.append(target)
        routes.append(route)
        for here, there in pairwise(route):
            if not left[there] or there < count or here != left[there][0]:
                right[here].append(there)
                left[there].append(here)
    return Layers(count, columns, left, right, routes)


def ranks(count: int, edges: Sequence[Pair], order: Sequence[int]) -> list[int]:
    """Return each node's column: the length of the longest way to it, along edges that all follow ``order``."""
    place = [0] * count
    for index, node in enumerate(order):
        place[node] = index
    rank = [0] * count
    # Sorted, and not as a list for each node: ten thousand new lists set the garbage collector to work.
    for source, target in sorted(edges, key=lambda edge: place[edge[0]]):
        if rank[target] <= rank[source]:
            rank[target] = rank[source] + 1
    return rank


def _longest_routed(rank: Sequence[int], edges: Sequence[Pair], budget: int) -> int:
    # Stations of very long edges could outnumber the nodes a hundredfold; beyond the budget such an edge is one curve.
    spans = [0] * (max(rank, default=0) + 2)
    for source, target in edges:
        spans[rank[target] - rank[source]] += 1
    for span, number in enumerate(spans):
        budget -= number * max(0, span - 1)
        if budget < 0:
            return span - 1
    return len(spans)
