"""Deployments, schedules and their runs as JSON objects: the shapes that scripts rely on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.times import iso
from jupyter_flows.model.deployments import Deployment, StoredSchedule
from jupyter_flows.schedules import describe, from_json
from jupyter_flows.store.runs_of_deployments import RunOfDeployment


def deployment_json(deployment: Deployment) -> dict[str, Any]:
    """A deployment at one of its versions, without its schedules."""
    definition = asdict(deployment.definition)
    del definition["schedules"]
    return {
        "id": deployment.id,
        **definition,
        "version": deployment.version,
        "digest": deployment.digest,
        "paused": deployment.paused,
        "created_at": iso(deployment.created_at),
        "updated_at": iso(deployment.updated_at),
        "snapshot": deployment.snapshot or None,
        "environment": dict(deployment.environment),
    }


def schedule_json(schedule: StoredSchedule, deployment: Deployment, following: list[datetime]) -> dict[str, Any]:
    """A schedule with its next times, in its own zone and in UTC."""
    definition = schedule.definition
    return {
        "id": schedule.id,
        "deployment": deployment.definition.name,
        "name": definition.name,
        "description": describe(from_json(definition.source)),
        "catchup": definition.catchup,
        "overlap": definition.overlap,
        "paused": definition.paused or deployment.paused,
        "next": [{"at": at.isoformat(), "utc": at.astimezone(UTC).isoformat()} for at in following],
    }


def deployed_run_json(one: RunOfDeployment) -> dict[str, Any]:
    """A run with where it comes from."""
    queued = one.queued
    return {
        **run_json(one.run),
        "origin": queued.origin,
        "deployment_version": queued.version,
        "tick": iso(queued.tick),
        "due_at": iso(queued.due_at),
        "backfill": queued.backfill,
    }


__all__ = ["deployed_run_json", "deployment_json", "schedule_json"]
