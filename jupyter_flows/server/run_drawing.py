"""A run drawn: the graph, its boxes and edges, and the timeline, as the live graph of a notebook shows them."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from jupyter_flows.graph.called_flows import innermost
from jupyter_flows.graph.picture import Picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.graph.unfolding import ALL_SHOWN, SHOWN
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.shapes.graph import Details, EdgeWords, Graph, Timeline
from jupyter_flows.server.shapes.queries import BoxQuery, EdgeQuery, GraphQuery, Nothing
from jupyter_flows.services.called_runs import CalledRuns
from jupyter_flows.services.usual import usual_seconds
from jupyter_flows.widget.run_details import RunDetails
from jupyter_flows.widget.snapshot import snapshot
from jupyter_flows.widget.timeline_json import timeline_json

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader


def graph(asked: Asked[GraphQuery, None]) -> Graph:
    """Draw a run's graph."""
    store = asked.site.door.reader()
    run = store.flow_run(asked.run)
    now = None if run.state.is_final() else time.time()
    usual, within, opened = usual_seconds(store, run), CalledRuns(store), asked.query.open
    task_runs, failures = store.task_runs(run.id), store.failures(run.id)

    def drawn(opened: Collection[str], like: Picture | None) -> Picture:
        return picture_of_run(run, task_runs, failures, now=now, usual=usual, within=within, opened=opened, like=like)

    shown = RunGraph(drawn((), None), run_id=run.id, unfold=drawn)
    unfolded = drawn(opened, shown.picture) if opened else None
    return Graph.model_validate(snapshot(shown, unfolded, opened))


def box(asked: Asked[BoxQuery, None]) -> Details:
    """Tell about a box of the graph."""
    details = _details(asked, asked.query.key, shown=ALL_SHOWN if asked.query.all else SHOWN)
    return Details.model_validate(details.box(asked.query.key, asked.query.page))


def edge(asked: Asked[EdgeQuery, None]) -> EdgeWords:
    """Say what flows along an edge."""
    details = _details(asked, asked.query.source)
    return EdgeWords(words=details.edge(asked.query.source, asked.query.target)["words"])


def task_details(asked: Asked[Nothing, None]) -> Details:
    """Tell everything about a task run."""
    details = _details(asked)
    return Details.model_validate(details.task_run(int(asked.ids["number"])))


def timeline(asked: Asked[Nothing, None]) -> Timeline:
    """Lay a run out on a clock."""
    store = asked.site.door.reader()
    run = store.flow_run(asked.run)
    return Timeline.model_validate(timeline_json(store, run.id, usual_seconds(store, run)))


def _details(asked: Asked[Any, None], key: str = "", *, shown: int = SHOWN) -> RunDetails:
    """What is known of the run, or of the flow that it called and that the box is drawn in."""
    store: RunReader = asked.site.door.reader()
    around, called = innermost(key)
    run = store.flow_run(called or asked.run)
    return RunDetails(store, run.id, usual=usual_seconds(store, run), around=around, shown=shown)


__all__ = ["box", "edge", "graph", "task_details", "timeline"]
