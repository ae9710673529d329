"""`jupyter flows artifacts`."""

from __future__ import annotations

import time
from argparse import Namespace

from jupyter_flows.cli.as_json import artifact_json, artifact_path
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.sizes import size_words
from jupyter_flows.cli.times import local
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.model.runs import FlowRun


def artifacts(options: Namespace, screen: Screen) -> int:
    """List what a run and its task runs attached, newest first."""
    with opened_store() as store:
        run = store.flow_run(options.run)
        found = [one for one in store.artifacts(run.id) if options.key is None or one.key == options.key]
        names = {task_run.number: task_run.name for task_run in store.task_runs(run.id)}
    if options.json:
        screen.json({"artifacts": [artifact_json(one, run) for one in found]})
    elif found:
        now = time.time()
        heads = ("KEY", "KIND", "WHEN", "SIZE", "TASK", "WHAT", "WHERE")
        screen.table(heads, [_row(one, run, names.get(one.number, ""), now) for one in found])
    else:
        screen.line("Nothing was attached." if options.key is None else "Nothing was attached under this key.")
    return GOOD


def _row(one: ArtifactKept, run: FlowRun, task: str, now: float) -> list[Cell]:
    path = artifact_path(one, run)
    far = "" if one.progress is None else f"{100 * one.progress:.0f} %"
    return [
        Cell(first_line(one.key, 32), "bold"),
        Cell(one.kind),
        Cell(local(one.at, now), "dim"),
        Cell(size_words(one.size) if path is not None else far, "dim"),
        Cell(first_line(task, 32), "dim"),
        Cell(first_line(one.description, 48)),
        Cell(path or one.location),
    ]
