"""A run drawn: the graph, its boxes and edges, and the timeline, as the live graph of a notebook shows them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.shapes.graph import Details, EdgeWords, Graph, Timeline
from jupyter_flows.server.shapes.queries import BoxQuery, EdgeQuery, Nothing
from jupyter_flows.services.usual import usual_seconds
from jupyter_flows.widget.run_details import RunDetails
from jupyter_flows.widget.snapshot import snapshot
from jupyter_flows.widget.timeline_json import timeline_json

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader


def graph(asked: Asked[Nothing, None]) -> Graph:
    """Draw a run's graph."""
    store = asked.site.door.reader()
    run = store.flow_run(asked.run)
    now = None if run.state.is_final() else time.time()
    drawn = picture_of_run(
        run, store.task_runs(run.id), store.failures(run.id), now=now, usual=usual_seconds(store, run)
    )
    return Graph.model_validate(snapshot(RunGraph(drawn, run_id=run.id)))


def box(asked: Asked[BoxQuery, None]) -> Details:
    """Tell about a box of the graph."""
    details, _ = _details(asked)
    return Details.model_validate(details.box(asked.query.key, asked.query.page))


def edge(asked: Asked[EdgeQuery, None]) -> EdgeWords:
    """Say what flows along an edge."""
    details, _ = _details(asked)
    return EdgeWords(words=details.edge(asked.query.source, asked.query.target)["words"])


def task_details(asked: Asked[Nothing, None]) -> Details:
    """Tell everything about a task run."""
    details, _ = _details(asked)
    return Details.model_validate(details.task_run(int(asked.ids["number"])))


def timeline(asked: Asked[Nothing, None]) -> Timeline:
    """Lay a run out on a clock."""
    store = asked.site.door.reader()
    run = store.flow_run(asked.run)
    return Timeline.model_validate(timeline_json(store, run.id, usual_seconds(store, run)))


def _details(
    asked: Asked[BoxQuery, None] | Asked[EdgeQuery, None] | Asked[Nothing, None],
) -> tuple[RunDetails, FlowRun]:
    store: RunReader = asked.site.door.reader()
    run = store.flow_run(asked.run)
    return RunDetails(store, run.id, usual=usual_seconds(store, run)), run


__all__ = ["box", "edge", "graph", "task_details", "timeline"]
