"""Forgetting what the queue need not know any more: old ticks, places of runs that are gone, ended runners."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from jupyter_flows.store.queue import Queue

_GONE = "(run_id IN (SELECT value FROM json_each(:gone)) OR run_id NOT IN (SELECT id FROM flow_runs))"
# Of a tick that its schedule has not come to yet, the row says that a backfill has run it.
_IS_AHEAD = "EXISTS (SELECT 1 FROM schedules s WHERE s.id = schedule_id AND at > s.planned_at)"
_TICKS = f"FROM ticks WHERE ({_GONE} OR (run_id IS NULL AND decided_at < :before)) AND NOT {_IS_AHEAD}"
_PLACES = f"FROM deployment_runs WHERE done_at IS NOT NULL AND {_GONE}"
_RUNNERS = (
    "FROM runners WHERE stopped_at < :before "
    "AND id NOT IN (SELECT runner_id FROM deployment_runs WHERE done_at IS NULL AND runner_id IS NOT NULL)"
)
_OPEN = "SELECT run_id FROM deployment_runs WHERE done_at IS NULL"


class Forgotten(NamedTuple):
    """How many rows of each kind were forgotten, or would be."""

    ticks: int
    places: int
    runners: int


def open_runs(queue: Queue) -> frozenset[str]:
    """Return the ids of the runs that wait for a runner, or that one has: their next attempt may be to come."""
    return frozenset(run_id for (run_id,) in queue.file.read(_OPEN))


def forget(queue: Queue, before: float, run_ids: Collection[str], *, dry_run: bool = False) -> Forgotten:
    """Forget ticks and places of runs that are gone, ticks that had no run, and runners that have ended.

    Parameters
    ----------
    before
        Seconds since the epoch: ticks without a run that were decided later, and runners that ended later, stay.
    run_ids
        Runs that are about to be deleted.
    dry_run
        Whether they are only counted.

    Raises
    ------
    StoreUnavailable
        Nothing was forgotten.
    """
    values = {"before": before, "gone": json.dumps(list(run_ids))}
    if dry_run:
        return queue.file.reading(lambda connection: Forgotten(*(_count(connection, one, values) for one in _ALL)))
    with queue.file.writing() as connection:
        return Forgotten(*(connection.execute(f"DELETE {one}", values).rowcount for one in _ALL))


_ALL = (_TICKS, _PLACES, _RUNNERS)


def _count(connection: sqlite3.Connection, what: str, values: dict[str, object]) -> int:
    return connection.execute(f"SELECT count(*) {what}", values).fetchone()[0]


__all__ = ["Forgotten", "forget", "open_runs"]
