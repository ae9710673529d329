"""`jupyter flows show`."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Sequence

from jupyter_flows.cli.as_json import parameters_of, run_json, task_run_json
from jupyter_flows.cli.automation_causes import cause_words, causes_json, causes_of
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.listing import SHORT_ID, origins_of, title
from jupyter_flows.cli.overview_as_json import origin_json
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import local
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.overview import RunOrigin
from jupyter_flows.model.runs import FlowRun, RunFilter, TaskRun
from jupyter_flows.model.secret_reference import SecretReference, referred

_SHOWN = 60  # task runs; a map of 10,000 would hide everything else
_CHILDREN = 20


def show(options: Namespace, screen: Screen) -> int:
    """Show one run with its task runs and the runs that it called."""
    with opened_store() as store:
        run = store.flow_run(options.run)
        task_runs = store.task_runs(run.id)
        children = store.flow_runs(RunFilter(parent=run.id, limit=1000))
        attached = len(store.artifacts(run.id))
    origin = origins_of([run]).get(run.id)
    causes = causes_of(run.id, origin)
    children.reverse()
    if options.json:
        listed = [task_run_json(task_run) for task_run in task_runs]
        called = [run_json(child) for child in children]
        told = {"deployment": origin_json(origin), "causes": causes_json(causes), "artifacts": attached}
        screen.json({**run_json(run), **told, "task_runs": listed, "children": called})
        return GOOD
    now = time.time()
    print_run(run, screen, now, origin)
    for name, event in causes:
        screen.line(Cell(f"  {'because':<10}  ", "dim"), cause_words(name, event))
    if task_runs:
        screen.line("")
        _print_task_runs(task_runs, screen, now)
    if children:
        screen.line("")
        _print_children(children, screen, now)
    if attached:
        screen.line("")
        count = f"{attached:,} artifact{'' if attached == 1 else 's'}"
        screen.line(Cell(f"  {count}: jupyter flows artifacts {run.id[:SHORT_ID]}", "dim"))
    return GOOD


def print_run(run: FlowRun, screen: Screen, now: float, origin: RunOrigin | None = None) -> None:
    """Print the head of a run: what, where it stands, when, with what, and for which deployment."""
    word = screen.state(run.state)
    took = elapsed(run.started_at, run.ended_at, now)
    screen.line(word, "  ", Cell(title(run), "bold"), Cell(f"  {took}" if took else "", "dim"))
    facts = [
        ("id", run.id),
        ("message", run.state.message),
        ("deployment", _deployment(origin)),
        ("tick", "" if origin is None else local(origin.queued.tick, now)),
        ("started", local(run.started_at, now)),
        ("ended", local(run.ended_at, now)),
        ("attempts", str(run.attempts) if run.attempts > 1 else ""),
        ("parameters", _parameters(run)),
        ("tags", ", ".join(run.tags)),
        ("called by", run.parent_run_id or ""),
        ("folder", run.directory or ""),
    ]
    for name, value in facts:
        if value:
            screen.line(Cell(f"  {name:<10}  ", "dim"), value)


def _deployment(origin: RunOrigin | None) -> str:
    if origin is None:
        return ""
    by = f"schedule {origin.schedule}" if origin.schedule else origin.queued.origin
    return f"{origin.deployment} (version {origin.queued.version}, by {by})"


def _parameters(run: FlowRun) -> str:
    return ", ".join(f"{name} = {_shown(value)}" for name, value in parameters_of(run).items())


def _shown(value: object) -> str:
    secret = referred(value)
    return json.dumps(value) if secret is None else str(SecretReference(secret))


def _print_task_runs(task_runs: Sequence[TaskRun], screen: Screen, now: float) -> None:
    shown = _most_telling(task_runs)
    cells = all(run.kind == "cell" for run in task_runs)
    heads = ("#", "STATE", "CELL" if cells else "TASK", "TOOK", "TRIES", "")
    screen.table(heads, [_row(run, screen, now) for run in shown])
    if len(shown) < len(task_runs):
        left = len(task_runs) - len(shown)
        screen.line(Cell(f"  … and {left:,} more task runs (all of them: --json)", "dim"))


def _most_telling(task_runs: Sequence[TaskRun]) -> list[TaskRun]:
    """At most so many as can be read: what did not plainly complete comes first, then the lowest numbers."""
    ordered = sorted(task_runs, key=lambda run: (run.state.name == "Completed", run.number))
    return sorted(ordered[:_SHOWN], key=lambda run: run.number)


def _row(run: TaskRun, screen: Screen, now: float) -> list[Cell]:
    name = f"{run.name} [{run.map_index}]" if run.map_id and run.name == run.task else run.name
    return [
        Cell(str(run.number), "dim"),
        screen.state(run.state),
        Cell(first_line(name, 48)),
        Cell(elapsed(run.started_at, run.ended_at, now), "dim"),
        Cell(str(run.attempts) if run.attempts > 1 else "", "dim"),
        Cell(first_line(run.state.message), "dim"),
    ]


def _print_children(children: Sequence[FlowRun], screen: Screen, now: float) -> None:
    rows = [
        [
            Cell(child.id),
            screen.state(child.state),
            Cell(first_line(title(child), 48)),
            Cell(elapsed(child.started_at, child.ended_at, now), "dim"),
            Cell(first_line(child.state.message), "dim"),
        ]
        for child in children[:_CHILDREN]
    ]
    screen.table(("CALLED RUN", "STATE", "FLOW", "TOOK", ""), rows)
    if len(children) > _CHILDREN:
        screen.line(Cell(f"  … and {len(children) - _CHILDREN:,} more (all of them: --json)", "dim"))
