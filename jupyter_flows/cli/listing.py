"""`jupyter flows ls`."""

from __future__ import annotations

import time
from argparse import Namespace

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import local
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.runs import FlowRun, RunFilter

SHORT_ID = 8
_EVERY = 2**31


def ls(options: Namespace, screen: Screen) -> int:
    """List runs, newest first."""
    wanted = RunFilter(
        flow=options.flow,
        state=options.state,
        since=options.since,
        standalone=options.all,
        limit=options.limit or _EVERY,
    )
    with opened_store() as store:
        runs = store.flow_runs(wanted)
    if options.json:
        screen.json({"runs": [run_json(run) for run in runs]})
    elif runs:
        now = time.time()
        screen.table(("ID", "STATE", "FLOW", "STARTED", "TOOK", ""), [_row(run, screen, now) for run in runs])
    else:
        filtered = options.flow or options.state or options.since is not None
        screen.line("No run fits." if filtered else "No run yet. Start one: jupyter flows run NOTEBOOK.ipynb")
    return GOOD


def title(run: FlowRun) -> str:
    """The flow and which of its runs this is; the run's own name too where it is not the default one."""
    usual = run.name in {"", f"{run.flow}-{run.id[:6]}"}
    return f"{run.flow} #{run.serial}" + ("" if usual else f" · {run.name}")


def _row(run: FlowRun, screen: Screen, now: float) -> list[Cell]:
    went_well = str(run.state.kind) == "completed"
    return [
        Cell(run.id[:SHORT_ID]),
        screen.state(run.state),
        Cell(first_line(title(run), 48), "bold"),
        Cell(local(run.started_at or run.created_at, now), "dim"),
        Cell(elapsed(run.started_at, run.ended_at, now), "dim"),
        Cell("" if went_well else first_line(run.state.message), "dim"),
    ]
