"""Deployments as commands read them: with their schedules and how these go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from jupyter_flows.errors import DeploymentNotFound, ScheduleNotFound
from jupyter_flows.model.deployments import Deployment, StoredSchedule
from jupyter_flows.schedules import from_json
from jupyter_flows.settings import load_settings

if TYPE_CHECKING:
    from jupyter_flows.store.deployments import Deployments
    from jupyter_flows.store.runs_of_deployments import RunsOfDeployments


@contextmanager
def opened_deployments() -> Iterator[Deployments]:
    """Open the deployments of the store that the settings name, and close them afterwards."""
    from jupyter_flows.store import open_deployments

    with open_deployments(load_settings()) as deployments:
        yield deployments


@contextmanager
def opened_runs() -> Iterator[RunsOfDeployments]:
    """Open the runs of deployments, and close them afterwards."""
    from jupyter_flows.store.location import open_sql
    from jupyter_flows.store.runs_of_deployments import RunsOfDeployments

    runs = RunsOfDeployments(open_sql(load_settings()))
    try:
        yield runs
    finally:
        runs.close()


def known_deployment(deployments: Deployments, name: str) -> Deployment | None:
    """Return the deployment of exactly that name; None where there is none."""
    try:
        found = deployments.get(name)
    except DeploymentNotFound:
        return None
    return found if found.definition.name == name else None


def next_times(schedule: StoredSchedule, deployment: Deployment, number: int) -> list[datetime]:
    """Return the next ticks of a schedule, in its zone; none of a paused one.

    What is decided already is not decided again, also where the clock was set back since.
    """
    if schedule.definition.paused or deployment.paused:
        return []
    after = datetime.fromtimestamp(max(time.time(), schedule.planned_at), UTC)
    return [tick.at for tick in islice(from_json(schedule.definition.source).forward(after), number)]


def only_schedule(deployment: Deployment, found: list[StoredSchedule], name: str | None) -> list[StoredSchedule]:
    """Return the schedules, or the one of that name.

    Raises
    ------
    ScheduleNotFound
    """
    chosen = [one for one in found if name in {None, one.definition.name}]
    if name is not None and not chosen:
        raise ScheduleNotFound(deployment.definition.name, name, [one.definition.name for one in found])
    return chosen


__all__ = ["known_deployment", "next_times", "only_schedule", "opened_deployments", "opened_runs"]
