"""The picture of a notebook's tasks: what joins them, how each ended last, and which would run again."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jupyter_flows.cells.staleness import Freshness
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.picture import Header, Picture, picture
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.model.states import COMPLETED, RUNNING, State, StateKind

_MOST_WORDS = 60


def picture_of_notebook(
    notebook: Notebook,
    name: str,
    judged: Mapping[str, Freshness],
    like: Picture | None = None,
    only: Collection[str] = (),
) -> Picture:
    """Draw the tasks of a notebook as they stand.

    Parameters
    ----------
    judged
        Which are stale, by the ids of their cells.
    like
        An earlier picture of it, whose places are kept where they can be.
    only
        The ids of the cells that are meant, with all that leads to them; all tasks where none is named.
    """
    graph, shown = notebook.graph, _with_upstreams(notebook, only)
    tasks = [cell for cell in notebook.tasks if not only or cell.id in shown]
    nodes = [_node(cell, judged.get(cell.id, Freshness()), notebook.number(cell.id)) for cell in tasks]
    edges = [Edge(edge.before, edge.after) for edge in graph.edges]
    notice = "" if tasks else "no task cell has run yet: begin one with %%task"
    return picture(nodes, edges, header=_header(name, tasks), notice=notice, like=like)


def _with_upstreams(notebook: Notebook, cells: Collection[str]) -> set[str]:
    found, todo = set[str](), list(cells)
    while todo:
        cell = todo.pop()
        if cell not in found:
            found.add(cell)
            todo += notebook.graph.upstreams(cell)
    return found


def state_of(cell: KnownCell) -> tuple[StateKind, str]:
    """Where a task cell stands."""
    return (RUNNING, "Running") if cell.state is None else (cell.state.kind, cell.state.name)


def words_of(cell: KnownCell, freshness: Freshness) -> str:
    """What there is to say of a task cell: why it failed, else why it is stale, else how long it took."""
    took = elapsed(cell.started_at, cell.ended_at)
    if cell.state is not None and cell.state.kind is not COMPLETED:
        return first_line(cell.state.message, 200) or took
    if freshness.is_stale and cell.state is not None:
        return str(freshness)
    return took


def _node(cell: KnownCell, freshness: Freshness, number: int) -> Node:
    kind, name = state_of(cell)
    words = words_of(cell, freshness)
    tooltip = f"cell {number}; {words}"
    return Node(cell.id, cell.name, "cell", kind, name, first_line(words, _MOST_WORDS), tooltip=tooltip)


def _header(name: str, tasks: list[KnownCell]) -> Header:
    counts: dict[str, int] = {}
    for cell in tasks:
        state = state_of(cell)[1]
        counts[state] = counts.get(state, 0) + 1
    failed = sum(cell.state is not None and _is_bad(cell.state) for cell in tasks)
    return Header(name, alert=f"{failed} failed" if failed else "", counts=counts)


def _is_bad(state: State) -> bool:
    return state.is_failed() or state.is_crashed()
