"""Reads of the SQLite store, and the few writes of somebody who is not a run's owner."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from jupyter_flows.errors import AmbiguousRun, RunNotFound
from jupyter_flows.model.records import ArtifactKept, ResultKept
from jupyter_flows.model.runs import Failure, FlowRun, LogLine, RunFilter, RunInput, StateChange, TaskRun
from jupyter_flows.model.states import FINAL, State
from jupyter_flows.store import columns, rows
from jupyter_flows.store.checkpoint import checkpoint
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.sql_connections import SqlConnections, raw
from jupyter_flows.store.tables import (
    artifacts,
    deployment_runs,
    failures,
    flow_runs,
    logs,
    metadata,
    results,
    run_inputs,
    states,
    task_runs,
)
from jupyter_flows.store.told import with_told_states
from jupyter_flows.store.verdicts import (
    SHORTEST_PREFIX,
    as_seen,
    cancelled_suspended,
    cancelled_waiting,
    crash_of,
    expired,
    is_waiting,
    matches_state,
    task_as_seen,
)
from jupyter_flows.store.waiting_end import end_waiting

_FINAL = tuple(str(kind) for kind in FINAL)
_NEWEST = (flow_runs.c.created_at.desc(), sa.literal_column("flow_runs.rowid").desc())
_SHOWN_CANDIDATES = 10
_PAGES_AT_ONCE = 4096  # 16 MB


class SqlReader:
    """A `RunReader` on one SQLite file, for any thread.

    Parameters
    ----------
    path
        The store's file, of the current schema.
    busy_seconds
        How long another process's lock is waited for.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 30.0) -> None:
        self._sql = SqlConnections(path, busy_seconds)

    @property
    def location(self) -> str:
        """The store's file."""
        return str(self._sql.path)

    def flow_runs(self, wanted: RunFilter) -> list[FlowRun]:
        """See `RunReader.flow_runs`."""
        query = _listing(wanted)
        if not wanted.states:
            found = self._sql.read(query.limit(wanted.limit).offset(wanted.offset))
            now = time.time()
            return [as_seen(rows.flow_run(row), now) for row in found]
        return self._filtered_by_state(query, wanted)

    def flow_run(self, run_id: str) -> FlowRun:
        """See `RunReader.flow_run`."""
        return as_seen(self._find(run_id), time.time())

    def task_runs(self, run_id: str) -> list[TaskRun]:
        """See `RunReader.task_runs`."""
        crash = crash_of(self._exact(run_id), time.time())
        query = sa.select(task_runs).where(task_runs.c.flow_run_id == run_id).order_by(task_runs.c.number)
        return [task_as_seen(rows.task_run(row), crash) for row in self._sql.read(query)]

    def states(self, run_id: str, number: int | None = None) -> list[StateChange]:
        """See `RunReader.states`."""
        self._exact(run_id)
        kept = sa.select(states).where(states.c.flow_run_id == run_id)
        told = sa.select(task_runs).where(task_runs.c.flow_run_id == run_id)
        if number is not None:
            kept, told = kept.where(states.c.number == number), told.where(task_runs.c.number == number)
        changes = [rows.state_change(row) for row in self._sql.read(kept)]
        return with_told_states(((rows.task_run(row), row.state_version) for row in self._sql.read(told)), changes)

    def failures(self, run_id: str) -> list[Failure]:
        """See `RunReader.failures`."""
        self._exact(run_id)
        query = sa.select(failures).where(failures.c.flow_run_id == run_id).order_by(sa.literal_column("rowid"))
        return [rows.failure(row) for row in self._sql.read(query)]

    def results(self, run_id: str) -> list[ResultKept]:
        """See `RunReader.results`."""
        self._exact(run_id)
        query = sa.select(results).where(results.c.flow_run_id == run_id).order_by(results.c.number, results.c.attempt)
        return [rows.result_kept(row) for row in self._sql.read(query)]

    def cached(self, limit: int = 1000) -> list[ResultKept]:
        """See `RunReader.cached`."""
        query = sa.select(results).where(sa.text("cache_key IS NOT NULL")).order_by(results.c.at.desc()).limit(limit)
        return [rows.result_kept(row) for row in self._sql.read(query)]

    def clear_cache(self, cache_key: str | None = None) -> int:
        """See `RunReader.clear_cache`."""
        forget = results.update().where(sa.text("cache_key IS NOT NULL")).values(cache_key=None)
        if cache_key is not None:
            forget = forget.where(results.c.cache_key == storable(cache_key))
        with self._sql.writing() as connection:
            return connection.execute(forget).rowcount

    def logs(self, run_id: str, after: int = 0, limit: int = 10_000) -> list[LogLine]:
        """See `RunReader.logs`."""
        self._exact(run_id)
        query = sa.select(logs).where(logs.c.flow_run_id == run_id, logs.c.id > after)
        return [rows.log_line(row) for row in self._sql.read(query.order_by(logs.c.id).limit(limit))]

    def artifacts(self, run_id: str) -> list[ArtifactKept]:
        """See `RunReader.artifacts`."""
        self._exact(run_id)
        newest = (artifacts.c.at.desc(), sa.literal_column("rowid").desc())
        query = sa.select(artifacts).where(artifacts.c.flow_run_id == run_id).order_by(*newest)
        return [rows.artifact_kept(row) for row in self._sql.read(query)]

    def inputs(self, run_id: str) -> list[RunInput]:
        """See `RunReader.inputs`."""
        self._exact(run_id)
        query = sa.select(run_inputs).where(run_inputs.c.flow_run_id == run_id)
        return [rows.run_input(row) for row in self._sql.read(query.order_by(run_inputs.c.asked_at, run_inputs.c.key))]

    def give_input(self, run_id: str, key: str, value: str, at: float) -> bool:
        """See `RunReader.give_input`."""
        waits = sa.or_(run_inputs.c.expires_at.is_(None), run_inputs.c.expires_at > at)
        give = run_inputs.update().where(*_asked(run_id, key), run_inputs.c.given_at.is_(None), waits)
        with self._sql.writing() as connection:
            return connection.execute(give.values(value=storable(value), given_at=at)).rowcount > 0

    def withdraw_input(self, run_id: str, key: str, *, given: bool) -> bool:
        """See `RunReader.withdraw_input`."""
        if given:
            there = run_inputs.update().where(*_asked(run_id, key), run_inputs.c.given_at.is_not(None))
            there = there.values(value=None, given_at=None)
        else:
            there = run_inputs.delete().where(*_asked(run_id, key), run_inputs.c.given_at.is_(None))
        with self._sql.writing() as connection:
            return connection.execute(there).rowcount > 0

    def request_cancel(self, run_id: str, at: float) -> FlowRun:
        """See `RunReader.request_cancel`."""
        run = self._find(run_id)
        end = cancelled_suspended(at) if run.state.name == "Suspended" else crash_of(run, at)
        if end is not None:
            self._record_crashes([(run, end)])
        elif not run.state.is_final() and not (is_waiting(run) and self._end_waiting(run.id, cancelled_waiting(at))):
            ask = flow_runs.update().where(
                flow_runs.c.id == run.id, flow_runs.c.ended_at.is_(None), flow_runs.c.cancel_requested_at.is_(None)
            )
            with self._sql.writing() as connection:
                connection.execute(ask.values(cancel_requested_at=at))
        return self.flow_run(run.id)

    def _end_waiting(self, run_id: str, end: State) -> bool:
        with self._sql.writing() as connection:
            return end_waiting(raw(connection), run_id, end)

    def record_dead(self, at: float) -> list[str]:
        """See `RunReader.record_dead`."""
        query = sa.select(flow_runs).where(flow_runs.c.ended_at.is_(None), flow_runs.c.owner_host.is_not(None))
        unfinished = (rows.flow_run(row) for row in self._sql.read(query))
        late = self._expired(at)
        ends = ((run, expired(run, late.get(run.id), at) or crash_of(run, at)) for run in unfinished)
        dead = [(run, end) for run, end in ends if end is not None]
        return self._record_crashes(dead) if dead else []

    def _expired(self, at: float) -> dict[str, float]:
        """When nobody waited any more, of runs that were asked something and got no answer in time."""
        query = sa.select(run_inputs).where(run_inputs.c.given_at.is_(None), run_inputs.c.expires_at <= at)
        return {row.flow_run_id: row.expires_at for row in self._sql.read(query)}

    def delete(self, run_ids: Iterable[str]) -> list[str]:
        """See `RunReader.delete`."""
        folders: list[str] = []
        for run_id in run_ids:  # a transaction each: others may write in between
            with self._sql.writing() as connection:
                folders += _delete(connection, run_id)
        self._shrink()
        return folders

    def counts(self) -> dict[str, int]:
        """See `RunReader.counts`."""
        each = {name: sa.select(sa.func.count()).select_from(metadata.tables[name]) for name in columns.TABLES}
        # Most states of task runs have no row of their own (`store.fold`).
        told = sa.select(sa.func.coalesce(sa.func.sum(task_runs.c.state_version), 0)).scalar_subquery()
        each["states"] = sa.select(sa.func.count() + told).select_from(states).where(states.c.number == 0)
        (found,) = self._sql.read(sa.select(*(query.scalar_subquery() for query in each.values())))
        return dict(zip(each, found, strict=True))

    def close(self) -> None:
        """Close all connections."""
        self._sql.close()

    def _find(self, run_id: str) -> FlowRun:
        run_id = storable(run_id)  # somebody's command line may hold anything
        by_id = self._sql.read(sa.select(flow_runs).where(flow_runs.c.id == run_id))
        if by_id:
            return rows.flow_run(by_id[0])
        if len(run_id) >= SHORTEST_PREFIX:
            # A range instead of LIKE: no wildcard in what the user typed, and the index is used.
            fitting = self._sql.read(
                sa.select(flow_runs)
                .where(flow_runs.c.id >= run_id, flow_runs.c.id < run_id + "\U0010ffff")
                .order_by(flow_runs.c.id)
                .limit(_SHOWN_CANDIDATES)
            )
            if len(fitting) > 1:
                raise AmbiguousRun(run_id, [row.id for row in fitting])
            if fitting:
                return rows.flow_run(fitting[0])
        named = self._sql.read(sa.select(flow_runs).where(flow_runs.c.name == run_id).order_by(*_NEWEST).limit(1))
        if not named:
            raise RunNotFound(run_id)
        return rows.flow_run(named[0])

    def _exact(self, run_id: str) -> FlowRun:
        found = self._sql.read(sa.select(flow_runs).where(flow_runs.c.id == storable(run_id)))
        if not found:
            raise RunNotFound(run_id)
        return rows.flow_run(found[0])

    def _filtered_by_state(self, query: sa.Select[Any], wanted: RunFilter) -> list[FlowRun]:
        """A dead owner's run counts as Crashed, which only a look at its process tells: so the last word is ours."""
        words = [storable(word) for word in wanted.states]
        as_written = sa.or_(flow_runs.c.state_kind.in_(words), sa.func.lower(flow_runs.c.state_name).in_(words))
        query = query.where(sa.or_(as_written, flow_runs.c.ended_at.is_(None)))
        now = time.time()
        with self._sql.reading() as connection:
            seen = (as_seen(rows.flow_run(row), now) for row in connection.execute(query))
            fitting = (run for run in seen if matches_state(run, wanted.states))
            return list(itertools.islice(fitting, wanted.offset, wanted.offset + wanted.limit))

    def _record_crashes(self, dead: list[tuple[FlowRun, State]]) -> list[str]:
        with self._sql.writing() as connection:
            return [run.id for run, crash in dead if _record_crash(connection, run, crash)]

    def _shrink(self) -> None:
        """Give the free pages back to the disk; where another process is busy, the next deletion does it."""
        with self._sql.reading() as connection, contextlib.suppress(sqlite3.OperationalError):
            driver = raw(connection)
            while driver.execute("PRAGMA freelist_count").fetchone()[0]:
                # A step frees one page, and only a script is stepped to its end; others may write between the parts.
                driver.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
            checkpoint(driver, self._sql.path, "TRUNCATE")


def _listing(wanted: RunFilter) -> sa.Select[Any]:
    query = sa.select(flow_runs).order_by(*_NEWEST)
    if not wanted.standalone and wanted.parent is None:
        query = query.where(sa.text("kind <> 'task'"))  # as in the partial index, which a bound value would not match
    if wanted.flow is not None:
        query = query.where(flow_runs.c.flow == storable(wanted.flow))
    if wanted.since is not None:
        query = query.where(flow_runs.c.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(flow_runs.c.created_at < wanted.until)
    if wanted.parent is not None:
        query = query.where(flow_runs.c.parent_run_id == storable(wanted.parent))
    for tag in wanted.tags:
        tags = sa.func.json_each(flow_runs.c.tags).table_valued("value")
        query = query.where(sa.exists().select_from(tags).where(tags.c.value == storable(tag)))
    if wanted.deployment is not None:
        query = query.where(flow_runs.c.id.in_(_runs_of(storable(wanted.deployment))))
    for word in wanted.words:
        query = query.where(_holds(storable(word)))
    return query


def _holds(word: str) -> sa.ColumnElement[bool]:
    """Whether a word of a search is in a run; `instr` and not LIKE, so that no wildcard is in what the user typed."""
    own = flow_runs.c
    tags = sa.func.json_each(own.tags).table_valued("value")
    tagged = sa.exists().select_from(tags).where(sa.func.instr(sa.func.lower(tags.c.value), word) > 0)
    named = (sa.func.instr(sa.func.lower(text), word) > 0 for text in (own.flow, own.name, own.state_name))
    return sa.or_(*named, tagged)


def _runs_of(deployment: str) -> sa.Select[Any]:
    named, own = metadata.tables["deployments"].c, metadata.tables["deployment_runs"].c
    found = sa.select(named.id).where(named.name == deployment).scalar_subquery()
    return sa.select(own.run_id).where(sa.or_(own.deployment_id == found, own.deployment_id == deployment))


def _record_crash(connection: sa.Connection, run: FlowRun, crash: State) -> bool:
    """Write a crash down unless the run has changed since it was looked at."""
    ended = {
        "state_kind": str(crash.kind),
        "state_name": crash.name,
        "state_message": crash.message,
        "state_at": crash.at,
        "ended_at": crash.at,
    }
    assert run.owner is not None
    unchanged = (
        flow_runs.c.id == run.id,
        flow_runs.c.owner_token == run.owner.token,
        flow_runs.c.lease_until == run.lease_until,
        flow_runs.c.ended_at.is_(None),
    )
    # Without its token the owner can write no more, should it only have seemed dead (another host's clock).
    next_version = flow_runs.c.state_version + 1
    update = flow_runs.update().where(*unchanged).values(**ended, state_version=next_version, owner_token=None)
    if connection.execute(update).rowcount == 0:
        return False
    version = connection.execute(sa.select(flow_runs.c.state_version).where(flow_runs.c.id == run.id)).scalar_one()
    unfinished = sa.and_(task_runs.c.flow_run_id == run.id, task_runs.c.state_kind.not_in(_FINAL))
    lost = connection.execute(
        sa.select(task_runs.c.number, task_runs.c.attempts, task_runs.c.state_version + 1).where(unfinished)
    ).all()
    connection.execute(
        task_runs.update().where(unfinished).values(**ended, state_version=task_runs.c.state_version + 1)
    )
    connection.execute(
        states.insert(),
        [
            {
                "flow_run_id": run.id,
                "number": number,
                "version": entered,
                "kind": str(crash.kind),
                "name": crash.name,
                "message": crash.message,
                "at": crash.at,
                "attempt": attempts,
            }
            for number, attempts, entered in [(0, run.attempts, version), *lost]
        ],
    )
    return True


def _asked(run_id: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return run_inputs.c.flow_run_id == storable(run_id), run_inputs.c.key == storable(key)


def _delete(connection: sa.Connection, run_id: str) -> list[str]:
    final = (flow_runs.c.id == run_id, flow_runs.c.ended_at.is_not(None))
    found = connection.execute(sa.select(flow_runs.c.directory).where(*final)).first()
    if found is None:
        return []
    for table in (task_runs, states, failures, results, logs, artifacts, run_inputs):
        connection.execute(table.delete().where(table.c.flow_run_id == run_id))
    # What belongs to a backfill stays: its tick must not run again because its run was forgotten.
    done = (deployment_runs.c.done_at.is_not(None), deployment_runs.c.backfill.is_(None))
    connection.execute(deployment_runs.delete().where(deployment_runs.c.run_id == run_id, *done))
    connection.execute(flow_runs.delete().where(flow_runs.c.id == run_id))
    return [found.directory] if found.directory else []
