"""What goes on in a store: the runs that have not ended or ended lately, how far they are, and the next ticks."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from jupyter_flows.model.overview import ComingTick, Progress, Usual
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.store import rows
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.sql_connections import SqlConnections, raw
from jupyter_flows.store.tables import deployments, flow_runs, schedules, task_runs
from jupyter_flows.store.verdicts import as_seen

_LAST = 20  # completed runs whose median is what is usual
_NAMED = 3  # running task runs of a flow run that are named
_LONGEST = 2 * 86_400.0  # runs that were created earlier are not looked for among those that ended lately
_LISTED = sa.text("flow_runs.kind <> 'task'")


class OngoingRuns:
    """Reads of what goes on; a dead owner's run is shown as Crashed.

    Parameters
    ----------
    sql
        The store.
    flow
        Only the runs of this flow; of all when not given.
    """

    def __init__(self, sql: SqlConnections, flow: str | None = None) -> None:
        self._sql = sql
        self._wanted: list[sa.ColumnElement[bool] | sa.TextClause] = [_LISTED]
        if flow is not None:
            self._wanted.append(flow_runs.c.flow == storable(flow))
        self._flow = flow

    def unfinished(self) -> list[FlowRun]:
        """Return the runs that nobody has ended, the first one first; one of a dead owner is Crashed.

        Raises
        ------
        StoreUnavailable
        """
        return self._runs(flow_runs.c.ended_at.is_(None))

    def ended(self, since: float) -> list[FlowRun]:
        """Return the runs that have ended since an instant (seconds since the epoch), the first one first.

        Raises
        ------
        StoreUnavailable
        """
        return self._runs(flow_runs.c.created_at >= since - _LONGEST, flow_runs.c.ended_at >= since)

    def progress(self, run_ids: Sequence[str]) -> dict[str, Progress]:
        """Return how far these runs are, where they have task runs.

        Raises
        ------
        StoreUnavailable
        """
        own = task_runs.c
        ended, running = own.ended_at.is_not(None), own.state_kind == "running"
        failed = own.state_kind.in_(["failed", "crashed"])
        counts = sa.select(
            own.flow_run_id, *(sa.func.count().filter(which) for which in (sa.true(), ended, failed, running))
        )
        counted = self._sql.read(counts.where(own.flow_run_id.in_(run_ids)).group_by(own.flow_run_id))
        busy = [row[0] for row in counted if row[4]]
        names: dict[str, list[str]] = {}
        if busy:
            current = sa.select(own.flow_run_id, own.name).where(own.flow_run_id.in_(busy), running)
            for run_id, name in self._sql.read(current.order_by(own.started_at, own.number)):
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
        own = flow_runs.c
        took = sa.select(own.id, own.ended_at - own.started_at).where(
            own.flow == storable(flow), own.state_name == "Completed", own.started_at.is_not(None), _LISTED
        )
        last = self._sql.read(took.order_by(own.serial.desc()).limit(_LAST))
        if not last:
            return None
        counted = sa.select(sa.func.count()).where(task_runs.c.flow_run_id == last[0][0])
        return Usual(median(row[1] for row in last), self._sql.read(counted)[0][0])

    def ticks(self, limit: int) -> list[ComingTick]:
        """Return the next ticks of schedules that are not paused, the next one first; at most one of each schedule.

        Raises
        ------
        StoreUnavailable
        """
        query = (
            sa.select(schedules.c.next_at, deployments.c.name, schedules.c.name.label("schedule"), deployments.c.flow)
            .join_from(schedules, deployments, deployments.c.id == schedules.c.deployment_id)
            .where(sa.text("schedules.paused = 0 AND schedules.next_at IS NOT NULL"), deployments.c.paused == 0)
        )
        if self._flow is not None:
            query = query.where(deployments.c.flow == storable(self._flow))
        return [ComingTick(*row) for row in self._sql.read(query.order_by(schedules.c.next_at).limit(limit))]

    def _runs(self, *wanted: sa.ColumnElement[bool]) -> list[FlowRun]:
        query = sa.select(flow_runs).where(*self._wanted, *wanted).order_by(flow_runs.c.created_at)
        now = time.time()
        return [as_seen(rows.flow_run(row), now) for row in self._sql.read(query)]


class ChangeMark:
    """Tells whether another process has written to the store, at the price of one look at shared memory.

    Parameters
    ----------
    connection
        A connection that is used for nothing else: the mark is counted for each connection apart.
    path
        The store's file.
    """

    def __init__(self, connection: sa.Connection, path: Path) -> None:
        self._driver, self._path = raw(connection), path

    def read(self) -> int:
        """Return a number that is another one once something was written.

        Raises
        ------
        StoreUnavailable
        """
        try:
            return self._driver.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise unavailable(self._path, error) from error


@contextlib.contextmanager
def change_mark(sql: SqlConnections) -> Iterator[ChangeMark]:
    """Hold a connection that tells of changes.

    Raises
    ------
    StoreUnavailable
    """
    with sql.reading() as connection:
        yield ChangeMark(connection, sql.path)


__all__ = ["ChangeMark", "OngoingRuns", "change_mark"]
