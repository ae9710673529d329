"""Which deployment runs belong to, for lists of runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.overview import RunOrigin
from jupyter_flows.store.named_rows import Rows
from jupyter_flows.store.queue_statements import QUEUED

_ORIGIN = (
    f"SELECT {', '.join(f'q.{name}' for name in QUEUED)}, d.name AS deployment, s.name AS schedule "  # noqa: S608
    "FROM deployment_runs q LEFT JOIN deployments d ON d.id = q.deployment_id "
    "LEFT JOIN schedules s ON s.id = q.schedule_id WHERE q.run_id IN (SELECT value FROM json_each(?))"
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
        found[queued.run_id] = RunOrigin(row.deployment or queued.deployment_id, row.schedule, queued)
    return found


__all__ = ["run_origins"]
