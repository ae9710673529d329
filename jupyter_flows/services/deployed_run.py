"""A run of a deployment as whoever executes it needs it: where it comes from, and how it is to be run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jupyter_flows.errors import DeploymentNotFound, NeedsStoreFile, RunNotFound, ScheduleError
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, DeploymentRun
from jupyter_flows.model.occasion import Occasion
from jupyter_flows.schedules import from_json
from jupyter_flows.services.snapshots import snapshot_target
from jupyter_flows.store.deployments import Deployments
from jupyter_flows.wiring import current_deployments, current_queue


@dataclass(frozen=True, slots=True)
class DeployedRun:
    """A run and the deployment that it was made from, at the version of then.

    Parameters
    ----------
    queued
        Where the run comes from.
    zone
        Of its schedule.
    """

    queued: DeploymentRun
    deployment: Deployment
    zone: tzinfo = UTC

    @property
    def definition(self) -> DeploymentDefinition:
        """How it is run."""
        return self.deployment.definition

    @property
    def entry(self) -> str:
        """Where the code is that is run: live, or as it was kept when it was deployed."""
        return snapshot_target(self.deployment) if self.is_kept else self.definition.target

    @property
    def is_kept(self) -> bool:
        """Whether the code is run as it was deployed."""
        return self.definition.source == "snapshot" and bool(self.deployment.snapshot)

    @property
    def occasion(self) -> Occasion:
        """What its own code may know of it."""
        tick = self.queued.tick
        return Occasion(
            self.definition.name,
            None if tick is None else datetime.fromtimestamp(tick, self.zone),
            datetime.fromtimestamp(self.queued.due_at, self.zone),
        )


def deployed_run(run_id: str) -> DeployedRun | None:
    """Return what is known of a run as one of a deployment; None where it is none.

    Parameters
    ----------
    run_id
        The whole id.

    Raises
    ------
    StoreUnavailable
    """
    try:
        with current_queue() as queue, current_deployments() as deployments:
            queued = queue.run(run_id)
            deployment = deployments.version(queued.deployment_id, queued.version)
            return DeployedRun(queued, deployment, _zone(deployments, queued))
    except (RunNotFound, DeploymentNotFound, NeedsStoreFile):
        return None


def occasion_of(run_id: str) -> Occasion | None:
    """Return why a run takes place; None for one of no deployment."""
    found = deployed_run(run_id)
    return None if found is None else found.occasion


def _zone(deployments: Deployments, queued: DeploymentRun) -> tzinfo:
    """The zone of a run's schedule; UTC where that is gone."""
    if queued.schedule_id is None:
        return UTC
    wanted = (one for one in deployments.schedules(queued.deployment_id) if one.id == queued.schedule_id)
    for one in wanted:
        try:
            return ZoneInfo(from_json(one.definition.source).main_timezone)
        except (ScheduleError, ZoneInfoNotFoundError):
            break
    return UTC


__all__ = ["DeployedRun", "deployed_run", "occasion_of"]
