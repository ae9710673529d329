"""The write connection of a process: fixed statements, one short transaction per batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple
from itertools import chain
from pathlib import Path
from typing import Self

from jupyter_flows.errors import InvariantBroken
from jupyter_flows.model.events import ASKED_TO_CANCEL
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import FlowRunCreated, FlowRunTakenUp, Record
from jupyter_flows.model.ticks import place_taken
from jupyter_flows.store import statements as sql
from jupyter_flows.store.checkpoint import Checkpointer
from jupyter_flows.store.connection import WriteTransaction, connect, patiently
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.fold import Row, Rows, fold
from jupyter_flows.store.scrub import scrubbed

# A commit re-asserts each lease; it writes the new time only when the old one is this much of a lease older,
# which spares a page per commit. `renew` always writes.
_LEASE_GRAIN = 1 / 20

_Lease = tuple[int, float, str]  # data version when the token was seen, end of the lease, token
_NO_LEASE: _Lease = (-1, 0.0, "")

_UNBINDABLE = (UnicodeEncodeError, OverflowError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)


class SqliteWriter:
    """A `RunWriter` on one SQLite file.

    Parameters
    ----------
    path
        The store's file, of the current schema.
    busy_seconds
        How long another process's lock is waited for.
    lease_seconds
        How long leases last.
    history
        Whether every state of a task run becomes a row.

    Raises
    ------
    StoreUnavailable
        The file cannot be opened.
    """

    def __init__(
        self, path: Path, *, busy_seconds: float = 30.0, lease_seconds: float = 20.0, history: bool = True
    ) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._grain = lease_seconds * _LEASE_GRAIN
        self._history = history
        try:
            self._connection = connect(path)
            self._connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error as error:
            raise unavailable(path, error) from error
        self._durable = False
        self._leases: dict[str, _Lease] = {}
        self._seen_version = -1
        self._requests: Mapping[str, str] = {}
        self._checkpointer = Checkpointer(self._connection, path)

    @property
    def location(self) -> str:
        """The store's file."""
        return str(self._path)

    def commit(
        self, batch: Mapping[str, Sequence[Record]], owner: Owner, lease_until: float, durable: bool
    ) -> frozenset[str]:
        """See `RunWriter.commit`."""
        rows = fold(batch, lease_until, self._history)
        try:
            lost = self._commit(batch, rows, owner, lease_until, durable)
        except _UNBINDABLE:
            # Text that has no UTF-8 form, or a number beyond 64 bits: never a reason to lose a batch.
            lost = self._commit(batch, scrubbed(rows), owner, lease_until, durable)
        self._checkpointer.wrote(rows.count())
        return lost

    def renew(self, run_ids: Collection[str], owner: Owner, lease_until: float) -> frozenset[str]:
        """See `RunWriter.renew`."""
        if not run_ids:
            return frozenset()
        self._sync(False)
        execute = self._connection.execute
        with WriteTransaction(self._connection, self._path, self._busy_seconds):
            (version,) = execute("PRAGMA data_version").fetchone()
            lost = frozenset(
                run_id
                for run_id in run_ids
                if execute(sql.RENEW_LEASE, (lease_until, run_id, owner.token)).rowcount == 0
            )
        self._leases = {run_id: (version, lease_until, owner.token) for run_id in run_ids if run_id not in lost}
        return lost

    def cancel_requests(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """See `RunWriter.cancel_requests`."""
        asked = patiently(self._path, self._busy_seconds, self._read_requests)
        return {run_id: asked[run_id] for run_id in run_ids if run_id in asked}

    def close(self) -> None:
        """Close the connection; the last one of the machine to do so folds the log into the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_requests(self) -> Mapping[str, str]:
        """Ask anew only when another connection has written since (SQLite counts that for us)."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._seen_version:
            self._requests = {
                run_id: ASKED_TO_CANCEL if by is None else place_taken(tick, by)
                for run_id, tick, by in self._connection.execute(sql.CANCEL_REQUESTS)
            }
            self._seen_version = version
        return self._requests

    def _commit(
        self, batch: Mapping[str, Sequence[Record]], rows: Rows, owner: Owner, lease_until: float, durable: bool
    ) -> frozenset[str]:
        self._sync(durable)
        leases: dict[str, _Lease] = {}
        try:
            with WriteTransaction(self._connection, self._path, self._busy_seconds):
                lost = self._fence(batch, owner, lease_until, leases)
                if lost:
                    kept = {run_id: records for run_id, records in batch.items() if run_id not in lost}
                    rows = scrubbed(fold(kept, lease_until, self._history))
                self._write(rows)
        except sqlite3.IntegrityError as error:
            raise InvariantBroken(f"the store {self._path} was told something twice: {error}") from error
        self._leases.update(leases)
        return lost

    def _sync(self, durable: bool) -> None:
        if durable is not self._durable:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _fence(
        self, batch: Mapping[str, Sequence[Record]], owner: Owner, lease_until: float, leases: dict[str, _Lease]
    ) -> frozenset[str]:
        """Re-assert the leases.

        Under the write lock, a store that no other connection has written to since a run's token was seen (SQLite
        counts that) still holds that token: the row need not be read again.
        """
        execute, token = self._connection.execute, owner.token
        (version,) = execute("PRAGMA data_version").fetchone()
        lost: list[str] = []
        for run_id, records in batch.items():
            seen, until, whose = self._leases.get(run_id, _NO_LEASE)
            if records and type(records[0]) is FlowRunCreated:
                if records[0].owner is not None:
                    leases[run_id] = (version, lease_until, token)
            elif records and type(records[0]) is FlowRunTakenUp:
                if execute(sql.TAKE_UP, (*astuple(owner), lease_until, run_id, records[0].version)).rowcount:
                    leases[run_id] = (version, lease_until, token)
                    self._seen_version = -1  # a request of the attempt before ends with this very transaction
                else:
                    lost.append(run_id)
            elif not 0 <= lease_until - until < self._grain:
                if execute(sql.RENEW_LEASE, (lease_until, run_id, token)).rowcount:
                    leases[run_id] = (version, lease_until, token)
                else:
                    lost.append(run_id)
            elif seen != version or whose != token:
                if execute(sql.CHECK_LEASE, (run_id, token)).fetchone():
                    leases[run_id] = (version, until, token)
                else:
                    lost.append(run_id)
        return frozenset(lost)

    def _write(self, rows: Rows) -> None:
        many = self._connection.executemany
        if rows.flows_anew:  # before those that are new, whose rows tell it themselves
            many(sql.FLOW_ANEW, rows.flows_anew)
        if rows.new_flow_runs:
            many(sql.INSERT_FLOW_RUN, rows.new_flow_runs)
        if rows.new_task_runs:
            self._insert(sql.INSERT_TASK_RUN, sql.WIDE_TASK_RUNS, rows.new_task_runs)
        for statement, few in (
            (sql.KEEP_START, rows.kept_ends),
            (sql.KEEP_END, rows.kept_ends),
            (sql.KEEP_START, rows.kept_starts),
            (sql.TASK_ANEW, rows.tasks_anew),
            (sql.UPDATE_TASK_RUN, rows.task_states),
            (sql.INSERT_FAILURE, rows.failures),
            (sql.INSERT_RESULT, rows.results),
            (sql.INSERT_ARTIFACT, rows.artifacts),
            (sql.ASK, rows.inputs),
            (sql.SET_DIRECTORY, rows.directories),
            (sql.UPDATE_FLOW_RUN, rows.flow_states),
        ):
            if few:
                many(statement, few)
        if rows.history:
            self._insert(sql.INSERT_STATE, sql.WIDE_STATES, rows.history)
        if rows.logs:
            self._insert(sql.INSERT_LOG, sql.WIDE_LOGS, rows.logs)

    def _insert(self, statement: str, wide: str, rows: list[Row]) -> None:
        many, width = self._connection.executemany, sql.WIDE
        if len(rows) < width:
            many(statement, rows)
            return
        whole = len(rows) // width * width
        many(wide, [list(chain.from_iterable(rows[at : at + width])) for at in range(0, whole, width)])
        if whole < len(rows):
            many(statement, rows[whole:])
