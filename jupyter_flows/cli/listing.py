"""`jupyter flows ls`."""

from __future__ import annotations

import shlex
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.called_otherwise import called_in_store
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.overview_as_json import origin_json
from jupyter_flows.cli.reading import opened_rows, opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import local
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.overview import RunOrigin
from jupyter_flows.model.runs import FlowRun, RunFilter

SHORT_ID = 8
_EVERY = 2**31
_NARROW = 100  # columns under which the flow's name gives way to what belongs to a deployment
_HEADS = ("ID", "STATE", "FLOW", "STARTED", "TOOK", "DEPLOYMENT", "TICK", "")


def ls(options: Namespace, screen: Screen) -> int:
    """List runs, newest first."""
    with opened_store() as store:
        parent = None if options.parent is None else store.flow_run(options.parent).id
        wanted = _wanted(options, parent)
        runs = store.flow_runs(wanted)
    more = bool(options.limit) and len(runs) > options.limit
    shown = runs[: options.limit] if more else runs
    origins = origins_of(shown)
    if options.json:
        listed = [{**run_json(run), "deployment": origin_json(origins.get(run.id))} for run in shown]
        screen.json({"runs": listed, "next_page": options.page + 1 if more else None})
    elif shown:
        now = time.time()
        screen.table(_HEADS, [_row(run, origins.get(run.id), screen, now) for run in shown])
        if more and screen.is_terminal:
            screen.line(Cell(f"  … older ones: --page {options.page + 1}", "dim"))
    else:
        screen.line(_nothing(options))
    return GOOD


def title(run: FlowRun) -> str:
    """The flow and which of its runs this is; the run's own name too where it is not the default one."""
    usual = not run.name or run.name.endswith(f"-{run.id[:6]}")  # after its flow, or its deployment
    return f"{run.flow} #{run.serial}" + ("" if usual else f" · {run.name}")


def _wanted(options: Namespace, parent: str | None) -> RunFilter:
    return RunFilter(
        flow=options.flow,
        state=",".join(options.state) or None,
        since=options.since,
        until=options.until,
        parent=parent,
        tags=tuple(options.tag),
        deployment=options.deployment,
        standalone=options.all,
        limit=options.limit + 1 if options.limit else _EVERY,  # one more tells whether there are more
        offset=options.limit * (options.page - 1),
    )


def origins_of(runs: Sequence[FlowRun]) -> Mapping[str, RunOrigin]:
    """The deployments that runs belong to, by the runs' ids."""
    if not runs:
        return {}
    from jupyter_flows.store.run_origins import run_origins

    with opened_rows() as file:
        return run_origins(file, [run.id for run in runs])


def _nothing(options: Namespace) -> str:
    asked = (options.flow, options.since, options.until, options.parent, options.deployment, options.state, options.tag)
    if options.page > 1:
        return "No run is on this page."
    filtered = any(one not in (None, []) for one in asked)
    if (why := _of_another_kind(options)) is not None:
        return f"No run fits: {why}"
    return "No run fits." if filtered else "No run yet. Start one: jupyter flows run NOTEBOOK.ipynb"


def _of_another_kind(options: Namespace) -> str | None:
    """What to say where the flow or the deployment that was asked for is none."""
    if options.flow is not None and options.deployment is None:
        found = called_in_store(options.flow)
        if found.deployment_id is not None and not found.is_flow:
            return f"{options.flow} is a deployment. Say --deployment {shlex.quote(options.flow)}"
    if options.deployment is not None and options.flow is None:
        found = called_in_store(options.deployment)
        if found.deployment_id is None and found.is_flow:
            return f"{options.deployment} is a flow. Say --flow {shlex.quote(options.deployment)}"
        if found.deployment_id is None:
            return f"no deployment is called {options.deployment!r}; `jupyter flows deployments ls` lists what there is"
    return None


def _row(run: FlowRun, origin: RunOrigin | None, screen: Screen, now: float) -> list[Cell]:
    went_well = str(run.state.kind) == "completed"
    narrow = screen.is_terminal and screen.width < _NARROW
    tick = None if origin is None else origin.queued.tick
    return [
        Cell(run.id[:SHORT_ID]),
        screen.state(run.state),
        Cell(first_line(title(run), 24 if narrow else 48), "bold"),
        Cell(local(run.started_at or run.created_at, now), "dim"),
        Cell(elapsed(run.started_at, run.ended_at, now), "dim"),
        Cell("" if origin is None else first_line(origin.deployment, 16 if narrow else 32)),
        Cell(local(tick, now), "dim"),
        Cell("" if went_well else first_line(run.state.message), "dim"),
    ]
