"""Which runners are there to execute what is queued."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from jupyter_flows.model.owner import Owner
from jupyter_flows.store.liveness import owner_is_dead
from jupyter_flows.store.named_rows import Rows

_THERE = "SELECT * FROM runners WHERE stopped_at IS NULL AND workers > 0 ORDER BY started_at"


@dataclass(frozen=True, slots=True)
class LiveRunner:
    """A runner that is there.

    Parameters
    ----------
    owner
        Its process; the token is the runner's id.
    workers
        How many runs it executes at a time.
    started_at
        Seconds since the epoch.
    serves
        Ids of the deployments whose runs it executes; None for all.
    """

    owner: Owner
    workers: int
    started_at: float
    serves: frozenset[str] | None = None

    def executes(self, deployment_id: str) -> bool:
        """Whether it executes the runs of a deployment."""
        return self.serves is None or deployment_id in self.serves


def live_runners(store: Rows, deployment_id: str | None = None) -> list[LiveRunner]:
    """Return the runners that are there, the oldest first; not those that are there for certain runs only.

    Parameters
    ----------
    deployment_id
        Only those that execute the runs of this deployment.

    Raises
    ------
    StoreUnavailable
    """
    now, found = time.time(), list[LiveRunner]()
    for row in store.rows(_THERE):
        owner = Owner(row.host, row.boot_id, row.pid, row.process_started, row.id)
        if not owner_is_dead(owner, row.lease_until, now):
            serves = None if row.serves is None else frozenset(json.loads(row.serves))
            found.append(LiveRunner(owner, row.workers, row.started_at, serves))
    return [one for one in found if deployment_id is None or one.executes(deployment_id)]


__all__ = ["LiveRunner", "live_runners"]
