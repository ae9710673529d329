"""Deployments and schedules as the API tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.deployments_as_json import deployment_json, schedule_json
from jupyter_flows.cli.stored_deployments import next_times
from jupyter_flows.model.deployments import Deployment, StoredSchedule
from jupyter_flows.server.run_shapes import run_shapes
from jupyter_flows.server.schedule_forms import form_of
from jupyter_flows.server.shapes.deployments import Deployment as DeploymentShape
from jupyter_flows.server.shapes.deployments import DeploymentDetail, Schedule
from jupyter_flows.server.site import Site
from jupyter_flows.server.site_paths import path_in_root

if TYPE_CHECKING:
    from jupyter_flows.store.deployments import Deployments

_NEXT, _LAST = 3, 10


def deployment_dict(site: Site, deployment: Deployment) -> dict[str, Any]:
    """A deployment as JSON values."""
    told = deployment_json(deployment)
    for name in ("tags", "artifacts", "limits"):
        told[name] = list(told[name])
    told["environment"] = {name: value for name, value in told["environment"].items() if name != "packages"}
    return {**told, "path": path_in_root(site.root, deployment.definition.target.rpartition("@")[2])}


def deployment_shape(site: Site, deployment: Deployment) -> DeploymentShape:
    """A deployment as the API tells it."""
    return DeploymentShape.model_validate(deployment_dict(site, deployment))


def schedule_shape(schedule: StoredSchedule, deployment: Deployment, number: int = _NEXT) -> Schedule:
    """A schedule with its next times."""
    told = schedule_json(schedule, deployment, next_times(schedule, deployment, number))
    return Schedule.model_validate({**told, "deployment_id": deployment.id, "form": form_of(schedule.definition)})


def deployment_detail(site: Site, store: Deployments, deployment: Deployment) -> DeploymentDetail:
    """A deployment with its schedules, versions and last runs.

    Raises
    ------
    StoreError
    """
    from jupyter_flows.store.live_runners import live_runners
    from jupyter_flows.store.runs_of_deployments import RunsOfDeployments

    sql = site.door.sql()
    last = RunsOfDeployments(sql).newest(deployment.id, _LAST)
    return DeploymentDetail(
        deployment=deployment_shape(site, deployment),
        schedules=[schedule_shape(one, deployment) for one in store.schedules(deployment.id)],
        versions=[deployment_shape(site, one) for one in store.versions(deployment.id)],
        runs=run_shapes(site.door, [one.run for one in last]),
        runners=len(live_runners(sql, deployment.id)),
    )


__all__ = ["deployment_detail", "deployment_dict", "deployment_shape", "schedule_shape"]
