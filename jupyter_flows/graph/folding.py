"""Large graphs made small enough to read: boxes that say the same become one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from jupyter_flows.graph.groups import Group
from jupyter_flows.graph.layers import forward, ranks
from jupyter_flows.graph.node import Edge
from jupyter_flows.graph.wording import state_of_all

LIMIT = 300
TALLEST = 24  # boxes in a column; what is higher than a screen cannot be taken in either

Names = dict[str, Hashable]


def folded(groups: Sequence[Group], edges: Sequence[Edge], limit: int = LIMIT) -> tuple[list[Group], list[Edge]]:
    """Fold groups where there are more than ``limit`` of them, or more than `TALLEST` in a column.

    What is only too tall folds where one task stands many times in one column. What is too much folds until at most
    ``limit`` are left: first the same task in an unbroken row or in one column, then rows in one state, then what
    stands in the widest columns, then neighbouring columns. No step can close a circle: each joins what has one rank,
    or what no other path leads around.

    Returns
    -------
    list of Group, list of Edge
        The groups left, in the order of their first members, and the edges between them.
    """
    kept, between = list(groups), _straight(groups, edges)
    if len(kept) <= limit:
        if max(map(len, _numbers(kept, between).columns()), default=0) <= TALLEST or not between:
            return kept, list(edges)
        return _join(kept, between, _same_task_in_a_column(kept, between, limit))
    for choose in (_same_task_in_a_row, _same_task_in_a_column, _row, _widest_columns, _bands):
        if len(kept) <= limit:
            break
        kept, between = _join(kept, between, choose(kept, between, limit))
    return kept, between


def _straight(groups: Sequence[Group], edges: Sequence[Edge]) -> list[Edge]:
    # Edges that would close a circle turn round, so that there are ranks to fold by.
    number = {group.key: index for index, group in enumerate(groups)}
    _, turned = forward(len(groups), [(number[edge.source], number[edge.target]) for edge in edges])
    if not turned:
        return list(edges)
    return [Edge(e.target, e.source, e.calls) if index in turned else e for index, e in enumerate(edges)]


def _join(groups: list[Group], edges: list[Edge], names: Names) -> tuple[list[Group], list[Edge]]:
    together: dict[Hashable, list[Group]] = {}
    for group in groups:
        together.setdefault(names[group.key], []).append(group)
    if len(together) == len(groups):
        return groups, edges
    found = {name: joined(members) for name, members in together.items()}
    key_of = {group.key: found[names[group.key]].key for group in groups}
    moved = dict.fromkeys([Edge(key_of[source], key_of[target], calls) for source, target, calls in edges])
    return list(found.values()), [edge for edge in moved if edge.source != edge.target]


def joined(members: Sequence[Group]) -> Group:
    """Make one group of several, with the key of the first."""
    if len(members) == 1:
        return members[0]
    runs = tuple(sorted((run for group in members for run in group.runs), key=lambda run: run.number))
    tasks = list(dict.fromkeys(run.task for run in runs))
    if len(tasks) <= 2:
        title = " · ".join(tasks)
    elif all(run.kind == "cell" for run in runs):
        title = f"cells {tasks[0]} … {tasks[-1]}"
    else:
        title = f"{tasks[0]} … {tasks[-1]}"
    return Group(members[0].key, title, runs)


@dataclass(slots=True)
class _Numbers:
    """A graph as lists of numbers: ten thousand boxes are gone through in milliseconds, without an object for each.

    Parameters
    ----------
    order
        Each box after everything before it.
    column
        Of each box: the length of the longest way to it.
    before
        Of each box, its one upstream; -1 where there is none or several.
    ways_on
        Of each box, how many downstreams it has.
    """

    order: list[int]
    column: list[int]
    before: list[int]
    ways_on: list[int]

    def columns(self) -> list[list[int]]:
        """The boxes of each column."""
        columns: list[list[int]] = [[] for _ in range(max(self.column, default=-1) + 1)]
        for box, column in enumerate(self.column):
            columns[column].append(box)
        return columns


def _numbers(groups: Sequence[Group], edges: Sequence[Edge]) -> _Numbers:
    number = {group.key: index for index, group in enumerate(groups)}
    pairs = list(dict.fromkeys([(number[source], number[target]) for source, target, _ in edges]))
    order, _ = forward(len(groups), pairs)
    ways_in, ways_on, before = [0] * len(groups), [0] * len(groups), [-1] * len(groups)
    for source, target in pairs:
        ways_on[source] += 1
        ways_in[target] += 1
        before[target] = source if ways_in[target] == 1 else -1
    return _Numbers(order, ranks(len(groups), pairs, order), before, ways_on)


def _rows(groups: list[Group], edges: list[Edge], together: Callable[[Group, Group], bool]) -> Names:
    numbers = _numbers(groups, edges)
    heads = list(range(len(groups)))
    for box in numbers.order:
        before = numbers.before[box]
        if before >= 0 and numbers.ways_on[before] == 1 and together(groups[before], groups[box]):
            heads[box] = heads[before]
    return {group.key: head for group, head in zip(groups, heads, strict=True)}


def _same_task_in_a_row(groups: list[Group], edges: list[Edge], _limit: int) -> Names:
    return _rows(groups, edges, lambda one, other: _tasks(one) == _tasks(other))


def _same_task_in_a_column(groups: list[Group], edges: list[Edge], _limit: int) -> Names:
    columns = _numbers(groups, edges).column
    return {group.key: (column, _tasks(group)) for group, column in zip(groups, columns, strict=True)}


def _row(groups: list[Group], edges: list[Edge], _limit: int) -> Names:
    # What stands where another state begins stays to be seen: a failure in the middle of a long row.
    return _rows(groups, edges, lambda one, other: state_of_all(one.runs) == state_of_all(other.runs))


def _widest_columns(groups: list[Group], edges: list[Edge], limit: int) -> Names:
    names: Names = {group.key: group.key for group in groups}
    left = len(groups)
    for column in sorted(_numbers(groups, edges).columns(), key=len, reverse=True):
        if left <= limit:
            break
        names.update(dict.fromkeys([groups[box].key for box in column], groups[column[0]].key))
        left -= len(column) - 1
    return names


def _bands(groups: list[Group], edges: list[Edge], limit: int) -> Names:
    columns = _numbers(groups, edges).column
    many = max(columns) + 1
    return {group.key: column * limit // many for group, column in zip(groups, columns, strict=True)}


def _tasks(group: Group) -> frozenset[str]:
    return frozenset(run.task for run in group.runs)
