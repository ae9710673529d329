"""`jupyter flows deployments`."""

from __future__ import annotations

import time
from argparse import Namespace

from jupyter_flows.cli.deployments_as_json import deployed_run_json, deployment_json
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.listing import SHORT_ID
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import opened_deployments, opened_runs
from jupyter_flows.cli.times import local
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.deployments import Deployment, StoredSchedule
from jupyter_flows.store.runs_of_deployments import RunOfDeployment


def deployments(options: Namespace, screen: Screen) -> int:
    """List deployments, show one, or delete one."""
    if options.verb == "show":
        from jupyter_flows.cli.deployment_showing import show_deployment

        return show_deployment(options, screen)
    return _delete(options, screen) if options.verb == "delete" else _list(options, screen)


def _list(options: Namespace, screen: Screen) -> int:
    with opened_deployments() as store, opened_runs() as runs:
        found, schedules, last = store.all(), store.schedules(), runs.last_of_each()
    next_at = _next_of_each(schedules)
    if options.json:
        screen.json({"deployments": [_as_json(one, last.get(one.id)) for one in found]})
    elif found:
        heads = ("NAME", "VERSION", "RUNS", "NEXT", "LAST", "")
        screen.table(heads, [_row(one, next_at, last.get(one.id), screen) for one in found])
    else:
        screen.line("No deployment yet. Make one: jupyter flows deploy NOTEBOOK.ipynb --name NAME")
    return GOOD


def _next_of_each(schedules: list[StoredSchedule]) -> dict[str, float]:
    """The next tick of each deployment; the schedules come in the order of theirs."""
    found: dict[str, float] = {}
    for one in schedules:
        if one.next_at is not None:
            found.setdefault(one.deployment_id, one.next_at)
    return found


def _as_json(deployment: Deployment, last: RunOfDeployment | None) -> dict[str, object]:
    return {**deployment_json(deployment), "last_run": None if last is None else deployed_run_json(last)}


def _row(deployment: Deployment, next_at: dict[str, float], last: RunOfDeployment | None, screen: Screen) -> list[Cell]:
    now, definition = time.time(), deployment.definition
    coming = "paused" if deployment.paused else local(next_at.get(deployment.id), now)
    target = definition.target.rpartition("/")[2] if definition.kind == "notebook" else definition.flow
    cells = [
        Cell(first_line(definition.name, 40), "bold"),
        Cell(str(deployment.version)),
        Cell(first_line(target, 32)),
        Cell(coming, "dim" if deployment.paused else ""),
    ]
    if last is None:
        return [*cells, Cell(""), Cell("")]
    at = local(last.run.started_at or last.queued.due_at, now)
    return [*cells, screen.state(last.run.state), Cell(f"{at}  {last.run.id[:SHORT_ID]}", "dim")]


def _delete(options: Namespace, screen: Screen) -> int:
    from jupyter_flows.services.deploying import delete_deployment  # deferred: reads of many need no notebooks

    with opened_deployments() as store:
        name = store.get(options.deployment).definition.name
        cancelled = delete_deployment(store, options.deployment)
    if options.json:
        screen.json({"deployment": name, "deleted": True, "cancelled_runs": cancelled})
        return GOOD
    screen.line(Cell(name, "bold"), " is deleted; its runs stay in the history")
    if cancelled:
        screen.line(Cell(f"  cancelled before they began: {', '.join(one[:SHORT_ID] for one in cancelled)}", "dim"))
    return GOOD


__all__ = ["deployments"]
