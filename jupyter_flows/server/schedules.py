"""Schedules: looked at, previewed, changed, paused and deleted."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_flows.cli.schedule_preview import preview, preview_json
from jupyter_flows.errors import DeploymentRefused, ScheduleNotFound
from jupyter_flows.model.deployments import Deployment, ScheduleDefinition, StoredSchedule
from jupyter_flows.schedules import Clock
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.deployment_shapes import deployment_detail, schedule_shape
from jupyter_flows.server.run_shapes import usual_run_seconds
from jupyter_flows.server.schedule_forms import clocks_of_form, source_of
from jupyter_flows.server.shapes.deployments import (
    DeploymentDetail,
    Preview,
    PreviewForm,
    Schedule,
    ScheduleForm,
    ScheduleList,
)
from jupyter_flows.server.shapes.queries import Nothing, ScheduleQuery
from jupyter_flows.server.site_paths import notebook_in_root
from jupyter_flows.services.deployed_parameters import problems_of_parameters
from jupyter_flows.services.deploying import change_schedule, delete_schedules, schedule_of
from jupyter_flows.services.deployment_options import DeploymentOptions
from jupyter_flows.services.subjects import NOTEBOOK, Subject, notebook_subject

if TYPE_CHECKING:
    from jupyter_flows.store.deployments import Deployments


def list_schedules(asked: Asked[ScheduleQuery, None]) -> ScheduleList:
    """List schedules with their next times."""
    wanted = asked.query.deployment
    with asked.site.door.deployments() as store:
        by_id = {one.id: one for one in store.all() if wanted in {None, one.id, one.definition.name}}
        found = [one for one in store.schedules() if one.deployment_id in by_id]
    return ScheduleList(schedules=[schedule_shape(one, by_id[one.deployment_id], asked.query.next) for one in found])


def preview_schedule(asked: Asked[Nothing, PreviewForm]) -> Preview:
    """Say what a schedule means; nothing is kept."""
    form = asked.form
    clocks, now = clocks_of_form(form.schedule), datetime.fromtimestamp(time.time(), UTC)
    problems: dict[str, str] = {}
    usual: float | None = None
    if form.path is not None:
        subject = notebook_subject(notebook_in_root(asked.site.root, form.path))
        problems = _problems(subject, form, clocks, now)
        usual = usual_run_seconds(asked.site.door, subject.flow)
    filled = {} if problems else form.parameters
    shown = preview(clocks, filled, now, form.times)
    return Preview.model_validate({**preview_json(shown), "problems": problems, "usual_seconds": usual})


def edit_schedule(asked: Asked[Nothing, ScheduleForm]) -> Schedule:
    """Change when a schedule runs; whether it is paused stays as it is."""
    form = asked.form
    with asked.site.door.deployments() as store:
        deployment, before = _found(asked, store)
        wanted = schedule_of(
            source_of(clocks_of_form(form)),
            name=before.definition.name,
            catchup=form.catchup,
            overlap=form.overlap,
            paused=_said_paused(deployment, before),
        )
        _refuse_misfits(deployment, wanted)
        deployment = change_schedule(store, deployment.id, wanted).deployment
        return _answer(asked, store, deployment, before.id)


def delete_schedule(asked: Asked[Nothing, None]) -> DeploymentDetail:
    """Delete a schedule; its deployment stays, and runs by hand."""
    with asked.site.door.deployments() as store:
        deployment, found = _found(asked, store)
        deployment = delete_schedules(store, deployment.id, found.definition.name).deployment
        return deployment_detail(asked.site, store, deployment)


def pause_schedule(asked: Asked[Nothing, None]) -> Schedule:
    """Pause a schedule."""
    return _set_paused(asked, paused=True)


def start_schedule(asked: Asked[Nothing, None]) -> Schedule:
    """Start a schedule again: from now on, times that went by meanwhile do not run."""
    return _set_paused(asked, paused=False)


def _set_paused(asked: Asked[Nothing, None], *, paused: bool) -> Schedule:
    with asked.site.door.deployments() as store:
        deployment, found = _found(asked, store)
        deployment, _ = store.set_paused(deployment.id, found.definition.name, paused=paused, at=time.time())
        return _answer(asked, store, deployment, found.id)


def _answer(
    asked: Asked[Nothing, ScheduleForm] | Asked[Nothing, None], store: Deployments, deployment: Deployment, one: str
) -> Schedule:
    asked.site.runner.wake()
    stored = next(schedule for schedule in store.schedules(deployment.id) if schedule.id == one)
    return schedule_shape(stored, deployment, 10)


def _found(
    asked: Asked[Nothing, ScheduleForm] | Asked[Nothing, None], store: Deployments
) -> tuple[Deployment, StoredSchedule]:
    wanted = asked.ids["schedule"]
    found = next((one for one in store.schedules() if one.id == wanted), None)
    if found is None:
        raise ScheduleNotFound("of this store", wanted, [])
    return store.get(found.deployment_id), found


def _said_paused(deployment: Deployment, schedule: StoredSchedule) -> bool:
    """What the deployment's definition says of it: only a change of that would wake or pause the stored one."""
    said = (one.paused for one in deployment.definition.schedules if one.name == schedule.definition.name)
    return next(said, False)


def _refuse_misfits(deployment: Deployment, wanted: ScheduleDefinition) -> None:
    definition = deployment.definition
    if definition.kind != NOTEBOOK:  # a flow's code is not imported here; each run checks its parameters
        return
    options = DeploymentOptions(definition.name, definition.parameters, (wanted,), allow_secret_looking=True)
    subject = notebook_subject(definition.target, definition.kernel)
    now = datetime.fromtimestamp(time.time(), UTC)
    if problems := dict(problems_of_parameters(subject, options, definition.parameters, now)):
        raise DeploymentRefused(definition.name, problems)


def _problems(subject: Subject, form: PreviewForm, clocks: tuple[Clock, ...], now: datetime) -> dict[str, str]:
    from jupyter_flows.services.deployed_parameters import json_parameters

    values, problems = json_parameters(form.parameters)
    options = DeploymentOptions(subject.flow, values, (schedule_of(source_of(clocks)),))
    found = problems or dict(problems_of_parameters(subject, options, values, now))
    return {name.removeprefix("parameter "): problem for name, problem in found.items()}


__all__ = [
    "delete_schedule",
    "edit_schedule",
    "list_schedules",
    "pause_schedule",
    "preview_schedule",
    "start_schedule",
]
