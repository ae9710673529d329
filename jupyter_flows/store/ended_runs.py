"""The runs that have ended, many at a time and narrow: what statistics are made of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from jupyter_flows.model.statistics import EndedRun
from jupyter_flows.store import rows
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import flow_runs, task_runs
from jupyter_flows.store.verdicts import as_seen


class EndedRuns:
    """Reads of ended runs, found by the indexes of flow runs and taken row by row.

    Parameters
    ----------
    sql
        The store.
    """

    def __init__(self, sql: SqlConnections) -> None:
        self._sql = sql

    def flow_runs(self, since: float, flow: str | None = None) -> Iterator[EndedRun]:
        """Give the flow runs that were created since an instant and have ended, a dead owner's too.

        Parameters
        ----------
        since
            Seconds since the epoch.
        flow
            Only the runs of this flow.

        Raises
        ------
        StoreUnavailable
        """
        chosen = _chosen(since, flow)
        yield from self._taken(_narrow(flow_runs, sa.literal("")).where(*chosen, flow_runs.c.ended_at.is_not(None)))
        now = time.time()
        unfinished = self._sql.read(sa.select(flow_runs).where(*chosen, flow_runs.c.ended_at.is_(None)))
        for run in (as_seen(rows.flow_run(row), now) for row in unfinished):
            if run.ended_at is not None:
                state = run.state
                yield EndedRun(
                    run.flow, "", run.kind, str(state.kind), state.name, run.attempts, run.started_at, run.ended_at
                )

    def task_runs(self, since: float, flow: str | None = None) -> Iterator[EndedRun]:
        """Give the task runs that have ended, of the flow runs that were created since an instant.

        Raises
        ------
        StoreUnavailable
        """
        query = _narrow(task_runs, task_runs.c.task).select_from(
            flow_runs.join(task_runs, task_runs.c.flow_run_id == flow_runs.c.id)
        )
        return self._taken(query.where(*_chosen(since, flow), task_runs.c.ended_at.is_not(None)))

    def _taken(self, query: sa.Select[*tuple[Any, ...]]) -> Iterator[EndedRun]:
        with self._sql.reading() as connection:
            for row in connection.execute(query):
                yield EndedRun(*row)


def _chosen(since: float, flow: str | None) -> list[sa.ColumnElement[bool]]:
    wanted = [flow_runs.c.created_at >= since, sa.text("flow_runs.kind <> 'task'")]
    return wanted if flow is None else [*wanted, flow_runs.c.flow == storable(flow)]  # pyright: ignore[reportReturnType]


def _narrow(table: sa.Table, task: sa.ColumnElement[Any]) -> sa.Select[*tuple[Any, ...]]:
    own = table.c
    return sa.select(
        flow_runs.c.flow, task, own.kind, own.state_kind, own.state_name, own.attempts, own.started_at, own.ended_at
    )


__all__ = ["EndedRuns"]
