"""Directed graphs without circles: who comes before whom."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import TypeVar

from jupyter_flows.errors import GraphHasCycle

K = TypeVar("K", bound=Hashable)


def in_order(nodes: Iterable[K], edges: Iterable[tuple[K, K]] = ()) -> tuple[K, ...]:
    """Return all keys, each after everything before it; the order of input where that leaves a choice.

    Parameters
    ----------
    nodes
        The keys. A key given twice counts once.
    edges
        Pairs ``(before, after)``. Repeated pairs count once; ends that are not among ``nodes`` are added after them.

    Raises
    ------
    GraphHasCycle
        Naming the members of one circle (an edge from a node to itself is one).

    Examples
    --------
    >>> in_order("cab", [("a", "c")])
    ('a', 'c', 'b')
    """
    after: dict[K, dict[K, None]] = {node: {} for node in nodes}
    before: dict[K, dict[K, None]] = {node: {} for node in after}
    for source, target in edges:
        for end in (source, target):
            if end not in after:
                after[end], before[end] = {}, {}
        after[source][target] = None
        before[target][source] = None
    keys = list(after)
    place = {key: index for index, key in enumerate(keys)}
    missing = {key: len(sources) for key, sources in before.items()}
    # A heap of places keeps the order of input wherever the edges leave a choice.
    ready = [place[key] for key, count in missing.items() if not count]
    heapify(ready)
    order: list[K] = []
    while ready:
        key = keys[heappop(ready)]
        order.append(key)
        for target in after[key]:
            missing[target] -= 1
            if not missing[target]:
                heappush(ready, place[target])
    if len(order) < len(keys):
        raise GraphHasCycle(_circle({key: None for key, count in missing.items() if count}, before))
    return tuple(order)


def _circle(stuck: Collection[K], before: Mapping[K, Iterable[K]]) -> list[K]:
    # Every stuck node has a stuck predecessor: walk back until one comes again.
    walk = [next(iter(stuck))]
    seen = {walk[0]: 0}
    while True:
        key = next(source for source in before[walk[-1]] if source in stuck)
        if key in seen:
            return walk[seen[key] :][::-1]
        seen[key] = len(walk)
        walk.append(key)
