"""Large graphs made small enough to read: boxes that say the same become one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from jupyter_flows.graph.dag import Dag
from jupyter_flows.graph.groups import Group
from jupyter_flows.graph.layers import forward
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
        if max(map(len, _dag(kept, between).layers()), default=0) <= TALLEST or not between:
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
    return [Edge(e.target, e.source, e.calls) if index in turned else e for index, e in enumerate(edges)]


def _join(groups: list[Group], edges: list[Edge], names: Names) -> tuple[list[Group], list[Edge]]:
    together: dict[Hashable, list[Group]] = {}
    for group in groups:
        together.setdefault(names[group.key], []).append(group)
    joined = {name: _joined(members) for name, members in together.items()}
    key_of = {group.key: joined[names[group.key]].key for group in groups}
    moved = dict.fromkeys(Edge(key_of[edge.source], key_of[edge.target], edge.calls) for edge in edges)
    return list(joined.values()), [edge for edge in moved if edge.source != edge.target]


def _joined(members: list[Group]) -> Group:
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


def _dag(groups: Sequence[Group], edges: Sequence[Edge]) -> Dag[str]:
    return Dag([group.key for group in groups], [(edge.source, edge.target) for edge in edges])


def _rows(groups: list[Group], edges: list[Edge], together: Callable[[Group, Group], bool]) -> Names:
    dag = _dag(groups, edges)
    by_key = {group.key: group for group in groups}
    names: Names = {}
    for key in dag.order():
        before = dag.before(key)
        follows = len(before) == 1 and len(dag.after(before[0])) == 1 and together(by_key[before[0]], by_key[key])
        names[key] = names[before[0]] if follows else key
    return names


def _same_task_in_a_row(groups: list[Group], edges: list[Edge], _limit: int) -> Names:
    return _rows(groups, edges, lambda one, other: _tasks(one) == _tasks(other))


def _same_task_in_a_column(groups: list[Group], edges: list[Edge], _limit: int) -> Names:
    columns = _dag(groups, edges).layers()
    column_of = {key: index for index, column in enumerate(columns) for key in column}
    return {group.key: (column_of[group.key], _tasks(group)) for group in groups}


def _row(groups: list[Group], edges: list[Edge], _limit: int) -> Names:
    # What stands where another state begins stays to be seen: a failure in the middle of a long row.
    return _rows(groups, edges, lambda one, other: state_of_all(one.runs) == state_of_all(other.runs))


def _widest_columns(groups: list[Group], edges: list[Edge], limit: int) -> Names:
    names: Names = {group.key: group.key for group in groups}
    left = len(groups)
    for column in sorted(_dag(groups, edges).layers(), key=len, reverse=True):
        if left <= limit:
            break
        names.update(dict.fromkeys(column, column[0]))
        left -= len(column) - 1
    return names


def _bands(groups: list[Group], edges: list[Edge], limit: int) -> Names:
    columns = _dag(groups, edges).layers()
    return {key: index * limit // len(columns) for index, column in enumerate(columns) for key in column}


def _tasks(group: Group) -> frozenset[str]:
    return frozenset(run.task for run in group.runs)
