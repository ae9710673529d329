"""The runs that have ended, many at a time and narrow: what statistics are made of.

Fixed statements on a connection of their own: SQLAlchemy would take longer to load than these to run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from jupyter_flows.model.statistics import EndedRun
from jupyter_flows.store.called import EVERYBODY, Whose
from jupyter_flows.store.connection import connect, patiently
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.ongoing_runs import OngoingRuns
from jupyter_flows.store.store_file import StoreFile

# In the order of `EndedRun`; `kind <> 'task'` as in the partial index of flow runs by age.
_FLOWS = (
    "SELECT f.flow, '', f.kind, f.state_kind, f.state_name, f.attempts, f.started_at, f.ended_at "
    "FROM flow_runs f WHERE f.created_at >= ? AND f.kind <> 'task' AND f.ended_at IS NOT NULL"
)
_TASKS = (
    "SELECT f.flow, t.task, t.kind, t.state_kind, t.state_name, t.attempts, t.started_at, t.ended_at "
    "FROM flow_runs f JOIN task_runs t ON t.flow_run_id = f.id "
    "WHERE f.created_at >= ? AND f.kind <> 'task' AND t.ended_at IS NOT NULL"
)
_OPEN = "SELECT 1 FROM flow_runs WHERE ended_at IS NULL LIMIT 1"


class EndedRuns:
    """Reads of ended runs, found by the indexes of flow runs and taken row by row.

    Parameters
    ----------
    path
        The store's file, of the current schema; None where runs are kept in memory, and nothing is found.
    busy_seconds
        How long another process's lock is waited for.

    Raises
    ------
    StoreUnavailable
        The file cannot be opened.
    """

    def __init__(self, path: Path | None, busy_seconds: float) -> None:
        self._path, self._busy_seconds = path, busy_seconds
        try:
            self._connection = None if path is None else connect(path)
        except sqlite3.Error as error:
            assert path is not None
            raise unavailable(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def flow_runs(self, since: float, whose: Whose = EVERYBODY) -> Iterator[EndedRun]:
        """Give the flow runs that were created since an instant and have ended, a dead owner's too.

        Parameters
        ----------
        since
            Seconds since the epoch.
        whose
            Only these runs.

        Raises
        ------
        StoreUnavailable
        """
        yield from self._taken(_FLOWS, since, whose)
        yield from self._lost(since, whose)

    def task_runs(self, since: float, whose: Whose = EVERYBODY) -> Iterator[EndedRun]:
        """Give the task runs that have ended, of the flow runs that were created since an instant.

        Raises
        ------
        StoreUnavailable
        """
        return self._taken(_TASKS, since, whose)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _taken(self, statement: str, since: float, whose: Whose) -> Iterator[EndedRun]:
        return self._rows(statement + whose.condition("f.flow", "f.id"), since, *whose.values)

    def _rows(self, statement: str, *values: object) -> Iterator[EndedRun]:
        connection, path = self._connection, self._path
        if connection is None or path is None:
            return
        found = patiently(path, self._busy_seconds, lambda: connection.execute(statement, values))
        try:
            for row in found:
                yield EndedRun(*row)
        except sqlite3.Error as error:
            raise unavailable(path, error) from error

    def _lost(self, since: float, whose: Whose) -> Iterator[EndedRun]:
        """The runs that a dead process has left open: what they are worth is known only by looking for it."""
        if self._path is None or self._connection is None or self._connection.execute(_OPEN).fetchone() is None:
            return
        file = StoreFile(self._path, self._busy_seconds)
        try:
            unfinished = OngoingRuns(file, whose).unfinished()
        finally:
            file.close()
        for run in unfinished:
            if run.ended_at is not None and run.created_at >= since:
                state = run.state
                told = (str(state.kind), state.name, run.attempts, run.started_at, run.ended_at)
                yield EndedRun(run.flow, "", run.kind, *told)


__all__ = ["EndedRuns"]
