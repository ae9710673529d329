"""Which deployment runs belong to, for lists of runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.overview import RunOrigin
from jupyter_flows.store.named_rows import Rows
from jupyter_flows.store.queue_statements import QUEUED

_QUEUED = ", ".join(f"q.{name}" for name in QUEUED)
_ORIGIN = (
    f"SELECT {_QUEUED}, d.name AS deployment, s.name AS schedule, f.name AS run "  # noqa: S608
    "FROM deployment_runs q LEFT JOIN deployments d ON d.id = q.deployment_id "
    "LEFT JOIN schedules s ON s.id = q.schedule_id LEFT JOIN flow_runs f ON f.id = q.run_id "
    "WHERE q.run_id IN (SELECT value FROM json_each(?))"
)


def run_origins(store: Rows, run_ids: Sequence[str]) -> dict[str, RunOrigin]:
    """Return the origin of each of these runs that belongs to a deployment.

    Raises
    ------
    StoreUnavailable
    """
    found: dict[str, RunOrigin] = {}
    for row in store.rows(_ORIGIN, json.dumps(list(run_ids))):
        queued = DeploymentRun(**dict(zip(QUEUED, row, strict=False)))
        deployment = row.deployment or _told_by(row.run or "", queued)
        found[queued.run_id] = RunOrigin(deployment, row.schedule, queued)
    return found


def _told_by(run: str, queued: DeploymentRun) -> str:
    """The name of a deployment that was deleted, by which its run is named; its id where the run has another name."""
    name = run.removesuffix(f"-{queued.run_id[:6]}")
    return name if name != run else queued.deployment_id


__all__ = ["run_origins"]
