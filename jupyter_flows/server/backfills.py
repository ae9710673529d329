"""Backfills: previewed, begun, followed and cancelled."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jupyter_flows.cli.stored_deployments import only_schedule
from jupyter_flows.cli.times import iso
from jupyter_flows.errors import RequestRefused
from jupyter_flows.graph.palette import along_a_bar, look
from jupyter_flows.model.deployments import Deployment
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.schedules import resolve_parameters
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.bounds import PAGE
from jupyter_flows.server.shapes.backfills import Backfill, BackfillForm, BackfillList, BackfillPreview
from jupyter_flows.server.shapes.queries import BackfillQuery, Nothing
from jupyter_flows.server.site import Site
from jupyter_flows.server.starting import fitting_values
from jupyter_flows.services.backfill import Again, BackfillPlan, BackfillTick
from jupyter_flows.services.backfilling import BackfillRange, backfill_of, end_backfill, queue_backfill, runs_of_plan
from jupyter_flows.store.backfills import Backfills, BackfillStanding
from jupyter_flows.store.live_runners import live_runners
from jupyter_flows.store.runs_of_deployments import RunsOfDeployments


def preview_backfill(asked: Asked[Nothing, BackfillForm]) -> BackfillPreview:
    """Say which times of a range would run, and with what; nothing is kept."""
    plan, runs = _planned(asked)
    shown = zip(plan.to_run[:PAGE], runs, strict=False)
    return BackfillPreview.model_validate(
        {
            "deployment": plan.deployment.definition.name,
            "from": plan.first.isoformat(),
            "to": plan.end.isoformat(),
            "to_run": len(plan.to_run),
            "ticks": [_tick(one, run) for one, run in shown],
            **{name: len(getattr(plan, name)) for name in ("completed", "unfinished", "failed")},
            "runners": len(live_runners(asked.site.door.sql(), plan.deployment.id)),
        }
    )


def begin_backfill(asked: Asked[Nothing, BackfillForm]) -> Backfill:
    """Put a run for each time of a range into the queue; runners execute them."""
    plan, runs = _planned(asked)
    if not runs:
        raise RequestRefused({"from": "each time of the range has a run already; say which are to run again"})
    with asked.site.door.queue() as queue:
        queue_backfill(queue, plan, runs, asked.form.max_active, time.time())
    asked.site.runner.wake()
    return _one(asked.site, plan.id)


def list_backfills(asked: Asked[BackfillQuery, None]) -> BackfillList:
    """List backfills and how far they are."""
    query, site = asked.query, asked.site
    found = Backfills(site.door.sql()).newest(query.deployment, unfinished=query.unfinished, limit=query.limit)
    names = _names(site) if found else {}
    return BackfillList(backfills=[_shape(site, one, names) for one in found])


def cancel_backfill(asked: Asked[Nothing, None]) -> Backfill:
    """End what is left of a backfill: at once what has not begun; what has is asked to stop."""
    door, backfill = asked.site.door, asked.ids["backfill"]
    Backfills(door.sql()).get(backfill)
    with door.queue() as queue:
        end_backfill(queue, door.reader(), door.settings, backfill, time.time())
    return _one(asked.site, backfill)


def _planned(asked: Asked[Nothing, BackfillForm]) -> tuple[BackfillPlan, list[NewRun]]:
    form, door, at = asked.form, asked.site.door, time.time()
    with door.deployments() as store:
        deployment = store.get(asked.ids["deployment"])
        found = sorted(store.schedules(deployment.id), key=lambda one: one.definition.name)
    now = datetime.fromtimestamp(at, UTC)
    values = fitting_values(
        deployment, form.parameters, lambda given: resolve_parameters(given, tick=now, previous_tick=now)
    )
    wanted = BackfillRange(form.first, form.end, Again(form.again))
    schedules = only_schedule(deployment, found, form.schedule)
    plan = backfill_of(deployment, schedules, RunsOfDeployments(door.sql()), wanted, at)
    return plan, runs_of_plan(plan, at, values)


def _tick(one: BackfillTick, run: NewRun) -> dict[str, Any]:
    before = None if one.before is None else {"id": one.before.run.id, "state": one.before.run.state.name}
    return {"at": one.at.isoformat(), "parameters": json.loads(run.created.parameters), "before": before}


def _names(site: Site) -> Mapping[str, Deployment]:
    with site.door.deployments() as store:
        return {one.id: one for one in store.all()}


def _one(site: Site, backfill: str) -> Backfill:
    return _shape(site, Backfills(site.door.sql()).get(backfill), _names(site))


def _shape(site: Site, one: BackfillStanding, names: Mapping[str, Deployment]) -> Backfill:
    of = names.get(one.deployment_id)
    counts = [{"state": name, "css": look(name).css, "count": number} for name, number in along_a_bar(one.states)]
    return Backfill.model_validate(
        {
            "id": one.id,
            "deployment": "" if of is None else of.definition.name,
            "deployment_id": one.deployment_id,
            "begun_at": iso(one.begun_at),
            "first": iso(one.first),
            "last": iso(one.last),
            "runs": one.total,
            "ended": one.total - one.left,
            "counts": counts,
            "max_active": one.max_active,
            "runners": len(live_runners(site.door.sql(), one.deployment_id)),
        }
    )


__all__ = ["begin_backfill", "cancel_backfill", "list_backfills", "preview_backfill"]
