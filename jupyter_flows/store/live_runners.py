"""Which runners are there to execute what is queued."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from jupyter_flows.model.owner import Owner
from jupyter_flows.store.liveness import owner_is_dead
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import runners


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
    """

    owner: Owner
    workers: int
    started_at: float


def live_runners(sql: SqlConnections) -> list[LiveRunner]:
    """Return the runners that are there for every run, the oldest first.

    Raises
    ------
    StoreUnavailable
    """
    now, found = time.time(), list[LiveRunner]()
    query = (
        sa.select(runners).where(runners.c.stopped_at.is_(None), runners.c.workers > 0).order_by(runners.c.started_at)
    )
    for row in sql.read(query):
        owner = Owner(row.host, row.boot_id, row.pid, row.process_started, row.id)
        if not owner_is_dead(owner, row.lease_until, now):
            found.append(LiveRunner(owner, row.workers, row.started_at))
    return found


__all__ = ["LiveRunner", "live_runners"]
