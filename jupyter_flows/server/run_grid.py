"""How each task of a flow did in its last runs: a column for each run, a row for each task."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from jupyter_flows.cli.as_json import duration, parameters_of
from jupyter_flows.cli.times import iso
from jupyter_flows.graph.palette import Look, look
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.wording import state_of_all
from jupyter_flows.model.runs import FlowRun, RunFilter, TaskRun, failed_task_runs
from jupyter_flows.model.states import BAD
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_shapes import title_of, usual_run_seconds
from jupyter_flows.server.shapes.graph import Grid, GridCell, GridRow, GridRun
from jupyter_flows.server.shapes.graph import Look as LookShape
from jupyter_flows.server.shapes.queries import GridQuery
from jupyter_flows.services.comparing import by_task, seconds_of_all
from jupyter_flows.widget.snapshot import look_json

_MOST_TASK_RUNS = 30_000  # that are looked at: of a flow with more, fewer runs are shown
_MOST_ROWS = 200
_SHOWN_PARAMETERS = 3


def grid(asked: Asked[GridQuery, None]) -> Grid:
    """Show how each task of a flow did in its last runs."""
    query, door = asked.query, asked.site.door
    store = door.reader()
    until = None if query.before is None else store.flow_run(query.before).created_at + 1e-6
    found = store.flow_runs(RunFilter(flow=query.flow, until=until, limit=query.runs))
    runs: list[FlowRun] = []
    tasks: list[dict[str, list[TaskRun]]] = []
    left = _MOST_TASK_RUNS
    for run in found:
        if left <= 0:
            break
        task_runs = store.task_runs(run.id)
        left -= len(task_runs)
        runs.append(run)
        tasks.append(by_task(task_runs))
    runs.reverse()
    tasks.reverse()
    names = _in_order(tasks)
    rows = [GridRow(task=name, label=plain(name, 200), cells=[_cell(of.get(name)) for of in tasks]) for name in names]
    return Grid(
        flow=query.flow,
        runs=[_column(run) for run in runs],
        rows=rows[:_MOST_ROWS],
        usual_seconds=usual_run_seconds(door, query.flow),
        looks=_looks(runs, rows),
        notice=_notice(len(found) - len(runs), len(rows) - _MOST_ROWS),
    )


def _in_order(tasks: Sequence[Mapping[str, object]]) -> list[str]:
    """Every task once: in the order of the newest run, then those that only earlier ones had."""
    return list(dict.fromkeys(name for of in reversed(tasks) for name in of))


def _cell(task_runs: list[TaskRun] | None) -> GridCell | None:
    if not task_runs:
        return None
    kind, name = state_of_all(task_runs)
    shown = (failed_task_runs(task_runs) or task_runs)[0]
    return GridCell(
        css=look(name, kind).css,
        state=plain(name, 60),
        seconds=seconds_of_all(task_runs),
        number=shown.number,
        count=len(task_runs),
        failed=sum(run.state.kind in BAD for run in task_runs),
    )


def _column(run: FlowRun) -> GridRun:
    return GridRun(
        id=run.id,
        serial=run.serial,
        title=title_of(run),
        state=plain(run.state.name, 60),
        css=look(run.state.name, run.state.kind).css,
        created_at=iso(run.created_at) or "",
        seconds=duration(run),
        parameters=_parameters(run),
    )


def _parameters(run: FlowRun) -> str:
    told = list(parameters_of(run).items())
    shown = ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in told[:_SHOWN_PARAMETERS])
    return plain(f"{shown}, +{len(told) - _SHOWN_PARAMETERS}" if len(told) > _SHOWN_PARAMETERS else shown, 200)


def _looks(runs: Sequence[FlowRun], rows: Sequence[GridRow]) -> dict[str, LookShape]:
    shown: dict[str, Look] = {}
    for run in runs:
        found = look(run.state.name, run.state.kind)
        shown[found.css] = found
    for cell in (cell for row in rows for cell in row.cells if cell is not None):
        if cell.css not in shown:
            shown[cell.css] = look(cell.state)
    return {css: LookShape.model_validate(look_json(one)) for css, one in shown.items()}


def _notice(runs_left: int, rows_left: int) -> str:
    parts = [f"{runs_left} earlier runs"] if runs_left > 0 else []
    parts += [f"{rows_left} tasks"] if rows_left > 0 else []
    return f"{' and '.join(parts)} are not shown: there are very many" if parts else ""


__all__ = ["grid"]
