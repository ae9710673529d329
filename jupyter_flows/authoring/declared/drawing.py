"""A graph as a picture, before a run or with the states of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.declared.states import GraphState, MappedState
from jupyter_flows.graph.folding import LIMIT
from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.palette import along_a_bar
from jupyter_flows.graph.picture import Header, Picture, picture
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_plan
from jupyter_flows.model.runs import TaskRun
from jupyter_flows.model.states import COMPLETED, State, pending

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow


def draw(graph: DeclaredFlow, state: GraphState | None) -> RunGraph:
    """Draw the nodes in their order, with the states of a run where one is given."""
    states = {} if state is None else state.tasks
    nodes = [_node(task, states.get(task, pending(0.0))) for task in graph.sorted_tasks()]
    edges = [Edge(edge.upstream.slug, edge.downstream.slug) for edge in graph.edges]
    if state is None:
        return _plan(graph) if len(nodes) > LIMIT else RunGraph(picture(nodes, edges))
    header = Header(graph.name, state_kind=state.kind, state_name=state.name, counts=_counts(state.tasks.values()))
    cause = "" if state.kind is COMPLETED else first_line(state.message)
    return RunGraph(picture(nodes, edges, header=header, cause=cause))


def _plan(graph: DeclaredFlow) -> RunGraph:
    """Draw a large graph before its run, folded as the run will be."""
    runs = _planned(graph)

    def drawn(opened: Collection[str], like: Picture | None = None) -> Picture:
        return picture_of_plan(runs, opened=opened, like=like)

    return RunGraph(drawn(()), unfold=drawn)


def _planned(graph: DeclaredFlow) -> list[TaskRun]:
    """The task runs that are yet to come."""
    number = {task: place for place, task in enumerate(graph.sorted_tasks(), 1)}
    upstreams: dict[int, list[int]] = {}
    for edge in graph.edges:
        upstreams.setdefault(number[edge.downstream], []).append(number[edge.upstream])
    waiting = pending(0.0)
    return [
        TaskRun(
            flow_run_id="",
            number=place,
            name=task.slug,
            task=task.name,
            kind="task",
            tags=(),
            upstreams=tuple(upstreams.get(place, ())),
            map_id=0,
            map_index=0,
            parent=0,
            state=waiting,
            attempts=0,
            created_at=0.0,
            started_at=None,
            ended_at=None,
        )
        for task, place in number.items()
    ]


def _node(task: Placed, state: State) -> Node:
    if not isinstance(state, MappedState):
        kind = "map" if task.mapped else "task"
        return Node(task.slug, task.slug, kind, state.kind, state.name, first_line(state.message))
    children = state.map_states
    worst = next((child for child in children if child.kind is not COMPLETED), state)
    counts = _counts(children)
    # Which states the bar is made of, in words: nothing is told by colour alone.
    told = ", ".join(f"{count} {name}" for name, count in along_a_bar(counts)) or "no elements"
    return Node(task.slug, task.slug, "map", worst.kind, worst.name, told, counts, worst.message)


def _counts(states: Iterable[State]) -> Counter[str]:
    """Count task runs by their states' names; a mapped task counts as its children."""
    counts: Counter[str] = Counter()
    for state in states:
        counts.update([state.name] if not isinstance(state, MappedState) else _counts(state.map_states))
    return counts
