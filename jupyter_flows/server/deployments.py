"""Deployments, looked at."""

from __future__ import annotations

from jupyter_flows.cli.times import iso
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.deployment_shapes import deployment_detail, deployment_dict
from jupyter_flows.server.run_shapes import run_shapes
from jupyter_flows.server.shapes.deployments import DeploymentDetail, DeploymentList
from jupyter_flows.server.shapes.queries import Nothing


def list_deployments(asked: Asked[Nothing, None]) -> DeploymentList:
    """List deployments."""
    from jupyter_flows.store.runs_of_deployments import RunsOfDeployments

    site = asked.site
    with site.door.deployments() as store:
        found, schedules = store.all(), store.schedules()
    last = RunsOfDeployments(site.door.sql()).last_of_each()
    shown = dict(zip(last, run_shapes(site.door, [one.run for one in last.values()]), strict=True))
    next_at: dict[str, float] = {}
    for one in schedules:  # in the order of their next ticks
        if one.next_at is not None:
            next_at.setdefault(one.deployment_id, one.next_at)
    return DeploymentList.model_validate(
        {
            "deployments": [
                {**deployment_dict(site, one), "last_run": shown.get(one.id), "next_at": iso(next_at.get(one.id))}
                for one in found
            ]
        }
    )


def show_deployment(asked: Asked[Nothing, None]) -> DeploymentDetail:
    """Show a deployment."""
    with asked.site.door.deployments() as store:
        return deployment_detail(asked.site, store, store.get(asked.ids["deployment"]))


__all__ = ["list_deployments", "show_deployment"]
