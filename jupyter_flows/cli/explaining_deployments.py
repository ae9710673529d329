"""What became of a deployment's ticks: which have a run, and why the others have none."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_sql
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import iso, local
from jupyter_flows.graph.durations import duration_words
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.waiting import ToldTick
from jupyter_flows.settings import load_settings

if TYPE_CHECKING:
    from jupyter_flows.model.deployments import Deployment, StoredSchedule

_TICKS = 15
_NO_RUN = {
    "overlap": "skipped: an earlier run was not done",
    "missed": "missed: no runner was there, and its policy runs no such tick",
    "refused": "refused: its parameters could not be",
    "merged": "shares the run of another schedule",
}


def explain_deployment(options: Namespace, screen: Screen) -> int | None:
    """Explain the deployment that is named in place of a run; None where there is none of that name."""
    from jupyter_flows.services.waiting_reasons import START_ONE
    from jupyter_flows.store import open_deployments
    from jupyter_flows.store.live_runners import live_runners
    from jupyter_flows.store.queue_standing import QueueStanding

    settings = load_settings()
    with opened_sql(settings) as sql:
        standing = QueueStanding(sql)
        deployment_id = standing.deployment_named(options.run)
        if deployment_id is None:
            return None
        with open_deployments(settings) as deployments:
            deployment, schedules = deployments.get(deployment_id), deployments.schedules(deployment_id)
        told, runners = standing.ticks(deployment_id, _TICKS), live_runners(sql, deployment_id)
    if options.json:
        screen.json(_json(deployment, schedules, told, len(runners)))
        return GOOD
    now = time.time()
    name = deployment.definition.name
    screen.line(Cell(name, "bold"), Cell(f"  deployment of {deployment.definition.flow}", "dim"))
    for line in _standing(deployment, schedules, now):
        screen.line("  ", line)
    if not runners:
        screen.line("  no runner is there to execute it", Cell(f"; {START_ONE}", "dim"))
    if told:
        screen.line("")
        screen.table(("TICK", "SCHEDULE", "RUN", ""), [_row(one, now) for one in told])
    return GOOD


def _standing(deployment: Deployment, schedules: list[StoredSchedule], now: float) -> list[str]:
    name = deployment.definition.name
    if deployment.paused:
        return [f"it is paused, and no tick of it runs until: jupyter flows schedules start {name}"]
    if not schedules:
        return ["it has no schedule: it runs when somebody asks for it"]
    return [_when(one, now) for one in schedules]


def _when(one: StoredSchedule, now: float) -> str:
    name = one.definition.name
    if one.definition.paused:
        return f"schedule {name} is paused"
    if one.next_at is None:
        return f"schedule {name} has no tick any more"
    wait = f"in {duration_words(one.next_at - now)}" if one.next_at > now else "due now"
    return f"schedule {name} ticks next at {local(one.next_at, now)} ({wait}); overlap {one.definition.overlap}"


def _row(one: ToldTick, now: float) -> list[Cell]:
    why = one.reason or _NO_RUN.get(one.outcome, "")
    return [
        Cell(local(one.at, now)),
        Cell(first_line(one.schedule, 32), "dim"),
        Cell((one.run_id or "")[:8]),
        Cell("" if one.outcome == "run" else f"{one.outcome}: {first_line(why, 200)}", "dim"),
    ]


def _json(
    deployment: Deployment, schedules: list[StoredSchedule], told: list[ToldTick], runners: int
) -> dict[str, Any]:
    return {
        "deployment": deployment.definition.name,
        "flow": deployment.definition.flow,
        "paused": deployment.paused,
        "runners": runners,
        "schedules": [
            {"name": one.definition.name, "paused": one.definition.paused, "next_at": iso(one.next_at)}
            for one in schedules
        ],
        "ticks": [
            {
                "at": iso(one.at),
                "schedule": one.schedule,
                "outcome": one.outcome,
                "run": one.run_id,
                "reason": one.reason,
            }
            for one in told
        ],
    }


__all__ = ["explain_deployment"]
