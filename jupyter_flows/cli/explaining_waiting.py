"""Why a run of a deployment has not begun, or not begun again: looked up, and written for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jupyter_flows.cli.reading import opened_rows, opened_sql
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import DeploymentNotFound
from jupyter_flows.model.deployments import DeploymentDefinition, DeploymentRun
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import COMPLETED, SCHEDULED
from jupyter_flows.model.waiting import WaitingReason
from jupyter_flows.settings import Settings, load_settings


def waiting_of(run: FlowRun, now: float) -> list[WaitingReason]:
    """Return why a run, or its next attempt, has not begun; empty where nothing of it waits in a queue."""
    if not (run.state.kind is SCHEDULED or run.state.is_final()) or run.state.kind is COMPLETED:
        return []
    from jupyter_flows.store.run_origins import run_origins

    settings = load_settings()
    with opened_rows(settings) as file:
        origin = run_origins(file, [run.id]).get(run.id)
    if origin is None or origin.queued.done_at is not None:
        return []
    from jupyter_flows.services.waiting_reasons import waiting_reasons  # loads SQLAlchemy, and few runs wait

    with opened_sql(settings) as sql:
        definition = _definition(origin.queued, settings)
        return waiting_reasons(sql, origin.queued, definition, settings.limits, now)


def print_waiting(run: FlowRun, reasons: Sequence[WaitingReason], screen: Screen) -> None:
    """Print the reasons, and what to do about them."""
    for place, one in enumerate(reasons):
        what = "next attempt" if run.state.is_final() else "waits" if place == 0 else "also"
        screen.line(Cell(f"  {what}  ", "dim"), one.said)
        if one.advice:
            screen.line(Cell(f"  {' ' * len(what)}  {one.advice}", "dim"))


def waiting_json(reasons: Sequence[WaitingReason]) -> list[dict[str, Any]]:
    """The reasons as JSON objects; a run that waits for none has an empty list."""
    return [
        {"reason": one.reason, "explanation": one.said, "advice": one.advice or None, "runs": list(one.run_ids)}
        for one in reasons
    ]


def _definition(queued: DeploymentRun, settings: Settings) -> DeploymentDefinition | None:
    from jupyter_flows.store import open_deployments

    with open_deployments(settings) as deployments:
        try:
            return deployments.version(queued.deployment_id, queued.version).definition
        except DeploymentNotFound:
            return None


__all__ = ["print_waiting", "waiting_json", "waiting_of"]
