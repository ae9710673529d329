"""A directed graph without circles: who comes before whom."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from jupyter_flows.errors import GraphHasCycle

K = TypeVar("K", bound=Hashable)


class Dag(Generic[K]):
    """An unchanging graph of hashable keys; every answer is deterministic and its cost linear in the size asked about.

    Parameters
    ----------
    nodes
        The keys; their order breaks all ties. A key given twice counts once.
    edges
        Pairs ``(before, after)``. Repeated pairs count once; ends that are not among ``nodes`` are added after them.

    Raises
    ------
    GraphHasCycle
        Naming the members of one circle (an edge from a node to itself is one).
    """

    def __init__(self, nodes: Iterable[K], edges: Iterable[tuple[K, K]] = ()) -> None:
        self._after: dict[K, dict[K, None]] = {node: {} for node in nodes}
        self._before: dict[K, dict[K, None]] = {node: {} for node in self._after}
        after, before = self._after, self._before
        for source, target in edges:
            for end in (source, target):
                if end not in after:
                    after[end], before[end] = {}, {}
            after[source][target] = None
            before[target][source] = None
        self._order = self._sort()

    def _sort(self) -> tuple[K, ...]:
        keys = list(self._after)
        place = {key: index for index, key in enumerate(keys)}
        missing = {key: len(before) for key, before in self._before.items()}
        # A heap of places keeps the order of input wherever the edges leave a choice.
        ready = [place[key] for key, count in missing.items() if not count]
        heapify(ready)
        order: list[K] = []
        while ready:
            key = keys[heappop(ready)]
            order.append(key)
            for after in self._after[key]:
                missing[after] -= 1
                if not missing[after]:
                    heappush(ready, place[after])
        if len(order) < len(keys):
            raise GraphHasCycle(self._circle({key for key, count in missing.items() if count}))
        return tuple(order)

    def _circle(self, stuck: set[K]) -> list[K]:
        # Every stuck node has a stuck predecessor: walk back until one comes again.
        walk = [next(key for key in self._after if key in stuck)]
        seen = {walk[0]: 0}
        while True:
            key = next(before for before in self._before[walk[-1]] if before in stuck)
            if key in seen:
                return walk[seen[key] :][::-1]
            seen[key] = len(walk)
            walk.append(key)

    def __len__(self) -> int:
        return len(self._after)

    def __contains__(self, node: object) -> bool:
        return node in self._after

    @property
    def nodes(self) -> tuple[K, ...]:
        """All keys, in the order they were given."""
        return tuple(self._after)

    @property
    def edges(self) -> tuple[tuple[K, K], ...]:
        """All edges, by source and then in the order they were given."""
        return tuple((source, target) for source, targets in self._after.items() for target in targets)

    def order(self) -> tuple[K, ...]:
        """All keys, each after everything before it; the order of input where that leaves a choice."""
        return self._order

    def layers(self) -> tuple[tuple[K, ...], ...]:
        """Group the keys by the length of the longest way to them; layer 0 holds the roots."""
        rank: dict[K, int] = {}
        groups: list[list[K]] = []
        for key in self._order:
            rank[key] = level = max((rank[before] + 1 for before in self._before[key]), default=0)
            if level == len(groups):
                groups.append([])
            groups[level].append(key)
        return tuple(tuple(group) for group in groups)

    def before(self, node: K) -> tuple[K, ...]:
        """The direct upstreams."""
        return tuple(self._before[node])

    def after(self, node: K) -> tuple[K, ...]:
        """The direct downstreams."""
        return tuple(self._after[node])
