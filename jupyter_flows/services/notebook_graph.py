"""The picture of a notebook run: its cells in order, and what the flows and tasks called in them did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_flows.graph.called_flows import called_flows
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.picture import Header, Picture, picture
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.model.runs import FlowRun, RunFilter, TaskRun

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_CHILDREN = 1000


def picture_of_notebook_run(store: RunReader, run_id: str) -> Picture:
    """Draw a notebook run as it stands.

    Where exactly one flow ran inside it, that flow's task graph is what people look for; otherwise the cells are
    drawn, with the flows and tasks that each called hanging on it.
    """
    run, cells = store.flow_run(run_id), store.task_runs(run_id)
    children = list(reversed(store.flow_runs(RunFilter(parent=run_id, limit=_CHILDREN))))
    if len(children) == 1 and children[0].kind == "flow" and not _failed_outside(run, children[0]):
        child = children[0]
        return picture_of_run(child, store.task_runs(child.id), store.failures(child.id))
    if not children:
        return picture_of_run(run, cells, () if _all_went_well(cells) else store.failures(run_id))
    return _cells_with_children(run, cells, children)


def _all_went_well(cells: Sequence[TaskRun]) -> bool:
    """Whether there is nothing to ask about failures."""
    return all(cell.state.is_completed() and cell.attempts <= 1 for cell in cells)


def _failed_outside(run: FlowRun, child: FlowRun) -> bool:
    """Whether the notebook ended otherwise than the flow in it: then its own cells tell more."""
    return run.state.kind is not child.state.kind


def _cells_with_children(run: FlowRun, cells: Sequence[TaskRun], children: Sequence[FlowRun]) -> Picture:
    nodes = [
        Node(
            str(cell.number),
            cell.name,
            "cell",
            cell.state.kind,
            cell.state.name,
            first_line(cell.state.message, 60) or elapsed(cell.started_at, cell.ended_at),
        )
        for cell in cells
    ]
    edges = [Edge(str(before), str(cell.number)) for cell in cells for before in cell.upstreams]
    for called in called_flows(children, lambda child: _cell_of(child, cells)):
        nodes.append(called.node())
        if called.caller:
            edges.append(Edge(str(called.caller), called.key, calls=True))
    return picture(nodes, edges, name=run.id, header=_header(run, cells))


def _cell_of(child: FlowRun, cells: Sequence[TaskRun]) -> int:
    """The cell during which a run was called; 0 where none was."""
    for cell in reversed(cells):
        if cell.started_at is not None and cell.started_at <= child.created_at:
            return cell.number
    return 0


def _header(run: FlowRun, cells: Sequence[TaskRun]) -> Header:
    counts: dict[str, int] = {}
    for cell in cells:
        counts[cell.state.name] = counts.get(cell.state.name, 0) + 1
    took = elapsed(run.started_at, run.ended_at)
    return Header(run.flow, f"#{run.serial}", run.state.kind, run.state.name, "", took, counts)
