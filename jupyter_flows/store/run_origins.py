"""Which deployment runs belong to, for lists of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import sqlalchemy as sa

from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.overview import RunOrigin
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import deployment_runs, deployments, schedules

_AT_ONCE = 1000
_QUEUED = [deployment_runs.c[one.name] for one in fields(DeploymentRun)]
_ORIGIN = sa.select(*_QUEUED, deployments.c.name.label("deployment"), schedules.c.name.label("schedule")).select_from(
    deployment_runs.outerjoin(deployments, deployments.c.id == deployment_runs.c.deployment_id).outerjoin(
        schedules, schedules.c.id == deployment_runs.c.schedule_id
    )
)


def run_origins(sql: SqlConnections, run_ids: Sequence[str]) -> dict[str, RunOrigin]:
    """Return the origin of each of these runs that belongs to a deployment.

    Raises
    ------
    StoreUnavailable
    """
    found: dict[str, RunOrigin] = {}
    for first in range(0, len(run_ids), _AT_ONCE):
        wanted = deployment_runs.c.run_id.in_(run_ids[first : first + _AT_ONCE])
        for row in sql.read(_ORIGIN.where(wanted)):
            queued = DeploymentRun(*row[: len(_QUEUED)])
            found[queued.run_id] = RunOrigin(row.deployment or queued.deployment_id, row.schedule, queued)
    return found


__all__ = ["run_origins"]
