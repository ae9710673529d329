"""Deployments, made and changed."""

from __future__ import annotations

import time

from jupyter_flows.cli.deployment_told import change_word
from jupyter_flows.errors import DeploymentRefused
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.deployment_shapes import deployment_detail, deployment_shape, schedule_shape
from jupyter_flows.server.schedule_forms import clocks_of_form, source_of
from jupyter_flows.server.shapes.deployments import Applied, Deleted, DeploymentDetail, DeploymentForm
from jupyter_flows.server.shapes.queries import Nothing
from jupyter_flows.server.site_paths import notebook_in_root
from jupyter_flows.services import deploying
from jupyter_flows.services.deploying import apply_plan, plan_deployment, schedule_of
from jupyter_flows.services.deployment_options import DeploymentOptions
from jupyter_flows.services.subjects import notebook_subject


def deploy(asked: Asked[Nothing, DeploymentForm]) -> Applied:
    """Keep a notebook as a deployment, with its schedule."""
    form, site = asked.form, asked.site
    path = notebook_in_root(site.root, form.path)
    subject = notebook_subject(path, form.kernel)
    plan = plan_deployment(subject, _options(form, path.stem))
    name = plan.definition.name
    with site.door.deployments() as store:
        if not form.replace and any(one.definition.name == name for one in store.all()):
            why = "there is a deployment of this name: give another one, or let it be replaced by a next version"
            raise DeploymentRefused(name, {"name": why})
        applied = apply_plan(plan, store)
        schedules = store.schedules(applied.deployment.id)
    site.runner.wake()
    return Applied(
        change=change_word(applied),  # pyright: ignore[reportArgumentType]
        deployment=deployment_shape(site, applied.deployment),
        schedules=[schedule_shape(one, applied.deployment, 10) for one in schedules],
        warnings=list(plan.warnings),
    )


def _options(form: DeploymentForm, stem: str) -> DeploymentOptions:
    schedules = ()
    if form.schedule is not None:
        source = source_of(clocks_of_form(form.schedule))
        schedules = (schedule_of(source, catchup=form.schedule.catchup, overlap=form.schedule.overlap),)
    return DeploymentOptions(
        name=form.name or stem,
        parameters=form.parameters,
        schedules=schedules,
        description=form.description,
        tags=tuple(form.tags),
        kernel=form.kernel,
        retries=form.retries,
        retry_delay_seconds=form.retry_delay_seconds,
        timeout_seconds=form.timeout_seconds,
        cell_timeout_seconds=form.cell_timeout_seconds,
        source=form.source,
        max_active=form.max_active,
    )


def delete_deployment(asked: Asked[Nothing, None]) -> Deleted:
    """Delete a deployment; its runs stay in the history."""
    with asked.site.door.deployments() as store:
        found = store.get(asked.ids["deployment"])
        cancelled = deploying.delete_deployment(store, found.id)
    return Deleted(deployment=found.definition.name, cancelled_runs=cancelled)


def pause_deployment(asked: Asked[Nothing, None]) -> DeploymentDetail:
    """Pause all schedules of a deployment."""
    return _set_paused(asked, paused=True)


def start_deployment(asked: Asked[Nothing, None]) -> DeploymentDetail:
    """Start them again: from now on, times that went by meanwhile do not run."""
    return _set_paused(asked, paused=False)


def _set_paused(asked: Asked[Nothing, None], *, paused: bool) -> DeploymentDetail:
    with asked.site.door.deployments() as store:
        found, _ = store.set_paused(asked.ids["deployment"], paused=paused, at=time.time())
        detail = deployment_detail(asked.site, store, found)
    asked.site.runner.wake()
    return detail


__all__ = ["delete_deployment", "deploy", "pause_deployment", "start_deployment"]
