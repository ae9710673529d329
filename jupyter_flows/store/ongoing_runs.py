"""What goes on in a store: the runs that have not ended or ended lately, how far they are, and the next ticks."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from jupyter_flows.model.overview import ComingTick, Progress, Usual
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.store import rows
from jupyter_flows.store.called import EVERYBODY, Whose
from jupyter_flows.store.connection import connect
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.named_rows import IN_MEMORY, Placed, Rows
from jupyter_flows.store.run_listing import SELECT_RUNS
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.verdicts import as_seen

_LAST = 20  # completed runs whose median is what is usual
_NAMED = 3  # running task runs of a flow run that are named
_LONGEST = 2 * 86_400.0  # runs that were created earlier are not looked for among those that ended lately
_LISTED = "flow_runs.kind <> 'task'"
_COUNTED = (
    "SELECT flow_run_id, count(*), count(ended_at), sum(state_kind IN ('failed', 'crashed')), "
    "sum(state_kind = 'running') FROM task_runs "
    "WHERE flow_run_id IN (SELECT value FROM json_each(?)) GROUP BY flow_run_id"
)
_RUNNING = (
    "SELECT flow_run_id, name FROM task_runs WHERE flow_run_id IN (SELECT value FROM json_each(?)) "
    "AND state_kind = 'running' ORDER BY started_at, number"
)
_COMPLETED = (
    "SELECT id, ended_at - started_at FROM flow_runs WHERE flow = ? AND state_name = 'Completed' "
    "AND started_at IS NOT NULL AND kind <> 'task' ORDER BY serial DESC LIMIT ?"
)
_TICKING = (
    "SELECT s.next_at, d.name, s.name AS schedule, d.flow FROM schedules s "
    "JOIN deployments d ON d.id = s.deployment_id WHERE s.paused = 0 AND s.next_at IS NOT NULL AND d.paused = 0"
)


class OngoingRuns:
    """Reads of what goes on; a dead owner's run is shown as Crashed.

    Parameters
    ----------
    store
        What reads it.
    whose
        Only these runs; all when not given.
    """

    def __init__(self, store: Rows, whose: Whose = EVERYBODY) -> None:
        self._store, self._whose = store, whose

    def unfinished(self) -> list[FlowRun]:
        """Return the runs that nobody has ended, the first one first; one of a dead owner is Crashed.

        Raises
        ------
        StoreUnavailable
        """
        return self._runs("flow_runs.ended_at IS NULL")

    def ended(self, since: float) -> list[FlowRun]:
        """Return the runs that have ended since an instant (seconds since the epoch), the first one first.

        Raises
        ------
        StoreUnavailable
        """
        return self._runs("flow_runs.created_at >= ? AND flow_runs.ended_at >= ?", since - _LONGEST, since)

    def progress(self, run_ids: Sequence[str]) -> dict[str, Progress]:
        """Return how far these runs are, where they have task runs.

        Raises
        ------
        StoreUnavailable
        """
        counted = self._store.rows(_COUNTED, json.dumps(list(run_ids)))
        busy = [row[0] for row in counted if row[4]]
        names: dict[str, list[str]] = {}
        for run_id, name in self._store.rows(_RUNNING, json.dumps(busy)) if busy else ():
            names.setdefault(run_id, []).append(name)
        return {
            run_id: Progress(begun, done, bad, tuple(names.get(run_id, ())[:_NAMED]), active)
            for run_id, begun, done, bad, active in counted
        }

    def usual(self, flow: str) -> Usual | None:
        """Return what the last completed runs of a flow were like; None where none completed.

        Raises
        ------
        StoreUnavailable
        """
        last = self._store.rows(_COMPLETED, storable(flow), _LAST)
        if not last:
            return None
        ((tasks,),) = self._store.rows("SELECT count(*) FROM task_runs WHERE flow_run_id = ?", last[0][0])
        return Usual(median(row[1] for row in last), tasks)

    def ticks(self, limit: int) -> list[ComingTick]:
        """Return the next ticks of schedules that are not paused, the next one first; at most one of each schedule.

        Raises
        ------
        StoreUnavailable
        """
        of = " AND d.id = ?" if self._whose.deployment_id else " AND d.flow = ?" if self._whose.flow else ""
        found = self._store.rows(f"{_TICKING}{of} ORDER BY s.next_at LIMIT ?", *self._whose.values, limit)
        return [ComingTick(*row) for row in found]

    def _runs(self, wanted: str, *values: object) -> list[FlowRun]:
        where = f"{_LISTED}{self._whose.condition('flow_runs.flow', 'flow_runs.id')} AND {wanted}"
        given = (*self._whose.values, *values)
        found = self._store.rows(f"{SELECT_RUNS} WHERE {where} ORDER BY flow_runs.created_at", *given)
        now = time.time()
        return [as_seen(rows.flow_run(row), now) for row in found]


class ChangeMark:
    """Tells whether another process has written to the store, at the price of one look at shared memory.

    Parameters
    ----------
    connection
        A connection that is used for nothing else: the mark is counted for each connection apart.
    path
        The store's file.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    def read(self) -> int:
        """Return a number that is another one once something was written.

        Raises
        ------
        StoreUnavailable
        """
        try:
            return self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise unavailable(self._path, error) from error


@contextlib.contextmanager
def change_mark(store: Placed) -> Iterator[ChangeMark]:
    """Hold a connection that tells of changes.

    Raises
    ------
    StoreUnavailable
    """
    path = store.path
    try:
        connection = sqlite3.connect(path) if path == IN_MEMORY else connect(path)
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    try:
        yield ChangeMark(connection, path)
    finally:
        connection.close()


__all__ = ["ChangeMark", "OngoingRuns", "change_mark"]
