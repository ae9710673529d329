"""The runs that wait for a runner, in the store's file: one short transaction for each change."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from jupyter_flows.errors import RunNotFound
from jupyter_flows.model.deployments import DeploymentRun, StoredSchedule
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.ticks import DecidedTick, DueSchedule
from jupyter_flows.store import queue_statements as say
from jupyter_flows.store import statements as sql
from jupyter_flows.store.checkpoint import Checkpointer
from jupyter_flows.store.connection import WriteTransaction, connect, patiently
from jupyter_flows.store.deciding import decide
from jupyter_flows.store.deployments import stored_schedule
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.fold import fold
from jupyter_flows.store.scrub import scrubbed

_ROWS_OF_A_RUN = 3


class Queue:
    """The queue of one store, for any thread.

    Parameters
    ----------
    path
        The store's file, of the current schema.
    busy_seconds
        How long another process's lock is waited for.

    Raises
    ------
    StoreUnavailable
        The file cannot be opened.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 30.0) -> None:
        self._path, self._busy_seconds = path, busy_seconds
        self._lock = threading.RLock()
        try:
            self._connection = connect(path)
            self._connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error as error:
            raise unavailable(path, error) from error
        self._durable = False
        self._checkpointer = Checkpointer(self._connection, path)

    @property
    def location(self) -> str:
        """The store's file."""
        return str(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def add(self, runs: Iterable[NewRun]) -> None:
        """Put runs into the queue, all in one transaction that is on the disk when this returns.

        Raises
        ------
        StoreUnavailable
            Nothing was written.
        """
        with self._writing(durable=True):
            for run in runs:
                self._insert(run)

    def run(self, run_id: str) -> DeploymentRun:
        """Return where a run comes from, and how far it has come.

        Raises
        ------
        RunNotFound
            It is no run of a deployment.
        """
        found = self._read(f"{say.SELECT_QUEUED} WHERE run_id = ?", run_id)
        if not found:
            raise RunNotFound(run_id)
        return DeploymentRun(**dict(zip(say.QUEUED, found[0], strict=True)))

    def due_schedules(self, at: float, limit: int) -> list[tuple[StoredSchedule, int]]:
        """Return schedules with a due tick, the longest due first, each with its deployment's newest version."""
        found = self._read(say.DUE_SCHEDULES, at, limit)
        return [(stored_schedule(row[:-1]), row[-1]) for row in found]

    def next_tick_at(self) -> float | None:
        """Return when the next tick of any schedule is due, in seconds since the epoch; None where there is none."""
        return self._read(say.NEXT_TICK_AT)[0][0]

    def decide(self, due: Sequence[DueSchedule], at: float) -> list[DecidedTick]:
        """Decide the due ticks of schedules in one transaction, that is on the disk when this returns.

        Each tick is decided once, whoever else does the same: what others were first to decide is left out.

        Raises
        ------
        StoreUnavailable
            Nothing was decided.
        """
        if not due:
            return []
        decided: list[DecidedTick] = []
        with self._writing(durable=True):
            for schedule in due:
                decided += decide(self._connection, schedule, self._insert, at)
        return decided

    def ticks(self, schedule_id: str, limit: int = 100) -> list[DecidedTick]:
        """Return what became of a schedule's ticks, newest first."""
        return [DecidedTick(*row) for row in self._read(say.SELECT_TICKS, schedule_id, limit)]

    def _insert(self, new: NewRun) -> None:
        rows = scrubbed(fold({new.created.run_id: [new.created, new.entered]}, new.queued.due_at))
        self._connection.executemany(sql.INSERT_FLOW_RUN, rows.new_flow_runs)
        self._connection.executemany(sql.INSERT_STATE, rows.history)
        queued = new.queued
        values = {name: getattr(queued, name) for name in say.QUEUED}
        self._connection.execute(say.INSERT_QUEUED, tuple(values.values()))
        self._checkpointer.wrote(_ROWS_OF_A_RUN)

    def _read(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            read = self._connection.execute
            return patiently(self._path, self._busy_seconds, lambda: read(statement, values).fetchall())

    @contextmanager
    def _writing(self, *, durable: bool = False) -> Iterator[None]:
        with self._lock:
            if durable is not self._durable:
                self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with WriteTransaction(self._connection, self._path, self._busy_seconds):
                yield


__all__ = ["Queue"]
