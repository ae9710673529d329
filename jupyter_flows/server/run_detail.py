"""A run by itself."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jupyter_flows.cli.times import iso
from jupyter_flows.errors import FileNotServed
from jupyter_flows.model.runs import FlowRun, RunFilter, RunInput
from jupyter_flows.model.states import BAD, CANCELLED, PAUSED
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.bounds import CHILDREN
from jupyter_flows.server.file_answer import open_file
from jupyter_flows.server.run_shapes import counted_states, origins_of, run_shape, run_shapes, usual_run_seconds
from jupyter_flows.server.shapes.queries import Nothing
from jupyter_flows.server.shapes.runs import Possible, Question, RunDetail, RunFile
from jupyter_flows.server.site_paths import path_in_root
from jupyter_flows.services.answering import schema_of
from jupyter_flows.services.input_schema import words_of

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader
    from jupyter_flows.model.overview import RunOrigin

_FIXED = {"graph": "graph.svg", "log": "log.txt"}


def run_detail(asked: Asked[Nothing, None]) -> RunDetail:
    """Show a run."""
    site = asked.site
    store = site.door.reader()
    run = store.flow_run(asked.run)
    task_runs = store.task_runs(run.id)
    origin = origins_of(site.door, [run]).get(run.id)
    questions = [one for one in store.inputs(run.id) if one.is_open]
    children = store.flow_runs(RunFilter(parent=run.id, limit=CHILDREN))
    return RunDetail(
        run=run_shape(run, origin),
        can=_possible(run, origin, bool(questions), any(one.state.kind in BAD for one in task_runs)),
        counts=counted_states(task_runs),
        task_runs=len(task_runs),
        children=run_shapes(site.door, list(reversed(children))),
        questions=[_question(one) for one in questions],
        files=run_files(run),
        artifacts=len(store.artifacts(run.id)),
        notebook=path_in_root(site.root, notebook_of(run)),
        target=run.entry,
        usual_seconds=usual_run_seconds(site.door, run.flow),
        cancel_requested_at=iso(run.cancel_requested_at),
        previous=_previous(store, run),
    )


def notebook_of(run: FlowRun) -> str:
    """The path of the notebook that a run's code is in; empty for none."""
    path = run.entry.rpartition("@")[2]
    return path if path.endswith(".ipynb") else ""


def file_of(run: FlowRun, what: str) -> str:
    """The name of one of the files that a notebook run writes into its folder; empty for none."""
    name = PurePosixPath(notebook_of(run)).name if run.kind == "notebook" else ""
    if not name:
        return ""
    return {"notebook": name, "page": f"{PurePosixPath(name).stem}.html"}.get(what) or _FIXED[what]


def run_files(run: FlowRun) -> list[RunFile]:
    """The files that a notebook run has written."""
    found: list[RunFile] = []
    for what in ("notebook", "page", "graph", "log"):
        name = file_of(run, what)
        size = _size(run, name) if name else None
        if size is not None:
            kind = mimetypes.guess_type(name)[0] or ("text/plain" if what == "log" else "application/json")
            url = f"/runs/{run.id}/files/{what}"
            found.append(RunFile(name=what, file=name, media_type=kind, size=size, url=url))
    return found


def is_resumable(run: FlowRun) -> bool:
    """Whether a next attempt of a run may begin, as far as is told by how it ended."""
    ended_badly = run.state.kind in BAD | {CANCELLED} or run.state.name == "Suspended"
    return ended_badly and (run.kind == "notebook" or bool(run.entry)) and run.attempts > 0


def waits_in_process(run: FlowRun) -> bool:
    """Whether a run is paused in a process that lives."""
    return run.state.kind is PAUSED and run.state.name != "Suspended"


def _possible(run: FlowRun, origin: RunOrigin | None, asks: bool, any_failed: bool) -> Possible:
    waits_again = origin is not None and origin.queued.done_at is None and run.state.is_final()
    from_deployment = origin is not None and run.parent_run_id is None
    return Possible(
        cancel=not run.state.is_final() or waits_again,
        resume=is_resumable(run) or waits_in_process(run),
        repeat=run.parent_run_id is None and (from_deployment or run.kind == "notebook" or bool(run.entry)),
        answer=asks and run.state.kind is PAUSED,
        open_failure=any_failed and bool(run.kind == "notebook" or run.entry),
    )


def _question(one: RunInput) -> Question:
    schema = dict(schema_of(one))
    return Question.model_validate(
        {
            "key": one.key,
            "words": words_of(schema),
            "schema": schema,
            "asked_at": iso(one.asked_at),
            "expires_at": iso(one.expires_at),
        }
    )


def _previous(store: RunReader, run: FlowRun) -> str | None:
    earlier = store.flow_runs(RunFilter(flow=run.flow, until=run.created_at, limit=1))
    return earlier[0].id if earlier else None


def _size(run: FlowRun, name: str) -> int | None:
    try:
        file = open_file(run, name, page=True)
    except FileNotServed:
        return None
    with file:
        return file.size


__all__ = ["file_of", "is_resumable", "notebook_of", "run_detail", "run_files", "waits_in_process"]
