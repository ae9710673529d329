"""A graph as a picture, before a run or with the states of one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.declared.states import GraphState, MappedState
from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.picture import picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.model.states import COMPLETED, State, pending

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow


def draw(graph: DeclaredFlow, state: GraphState | None) -> RunGraph:
    """Draw the nodes in their order, with the states of a run where one is given."""
    states = {} if state is None else state.tasks
    nodes = [_node(task, states.get(task, pending(0.0))) for task in graph.sorted_tasks()]
    edges = [Edge(edge.upstream.slug, edge.downstream.slug) for edge in graph.edges]
    return RunGraph(picture(nodes, edges))


def _node(task: Placed, state: State) -> Node:
    if not isinstance(state, MappedState):
        kind = "map" if task.mapped else "task"
        return Node(task.slug, task.slug, kind, state.kind, state.name, tooltip=state.message)
    children = state.map_states
    worst = next((child for child in children if child.kind is not COMPLETED), state)
    counts = Counter(child.name for child in children)
    return Node(task.slug, task.slug, "map", worst.kind, worst.name, counts=counts, tooltip=worst.message)
