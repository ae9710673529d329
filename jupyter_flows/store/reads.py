"""Reads of the SQLite store, and the few writes of somebody who is not a run's owner.

Fixed statements on a connection of their own: SQLAlchemy would take longer to load than nearly all of these to run. A
test holds their columns against `store.tables`.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Iterable

from jupyter_flows.errors import AmbiguousRun, RunNotFound, StoreUnavailable
from jupyter_flows.model.records import ArtifactKept, ResultKept
from jupyter_flows.model.run_titles import flow_and_serial
from jupyter_flows.model.runs import Failure, FlowRun, LogLine, RunFilter, RunInput, StateChange, TaskRun
from jupyter_flows.model.states import State
from jupyter_flows.store import columns, rows
from jupyter_flows.store import reading_statements as say
from jupyter_flows.store.checkpoint import checkpoint
from jupyter_flows.store.crashes import record_crash
from jupyter_flows.store.named_rows import named
from jupyter_flows.store.run_listing import NEWEST, SELECT_RUNS, listing
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.store_file import StorePart
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

_SHOWN_CANDIDATES = 10
_PAGES_AT_ONCE = 4096  # 16 MB


class SqlReader(StorePart):
    """A `RunReader` on one SQLite file, for any thread."""

    @property
    def location(self) -> str:
        """The store's file."""
        return str(self.file.path)

    def flow_runs(self, wanted: RunFilter) -> list[FlowRun]:
        """See `RunReader.flow_runs`."""
        query, values = listing(wanted)
        now = time.time()
        if not wanted.states:
            found = self.file.rows(f"{query} LIMIT ? OFFSET ?", *values, wanted.limit, wanted.offset)
            return [as_seen(rows.flow_run(row), now) for row in found]

        def fitting(connection: sqlite3.Connection) -> list[FlowRun]:
            # A dead owner's run counts as Crashed, which only a look at its process tells: so the last word is ours.
            seen = (as_seen(rows.flow_run(row), now) for row in named(connection.execute(query, values)))
            found = (run for run in seen if matches_state(run, wanted.states))
            return list(itertools.islice(found, wanted.offset, wanted.offset + wanted.limit))

        return self.file.reading(fitting)

    def flow_run(self, run_id: str) -> FlowRun:
        """See `RunReader.flow_run`."""
        return as_seen(self._find(run_id), time.time())

    def task_runs(self, run_id: str) -> list[TaskRun]:
        """See `RunReader.task_runs`."""
        crash = crash_of(self._exact(run_id), time.time())
        return [task_as_seen(rows.task_run(row), crash) for row in self.file.rows(say.TASK_RUNS, run_id)]

    def states(self, run_id: str, number: int | None = None) -> list[StateChange]:
        """See `RunReader.states`."""
        self._exact(run_id)
        if number is None:
            kept, told = self.file.rows(say.STATES, run_id), self.file.rows(say.TASK_RUNS, run_id)
        else:
            kept, told = (self.file.rows(one, run_id, number) for one in (say.STATES_OF_ONE, say.TASK_RUN))
        changes = [rows.state_change(row) for row in kept]
        return with_told_states(((rows.task_run(row), row.state_version) for row in told), changes)

    def failures(self, run_id: str) -> list[Failure]:
        """See `RunReader.failures`."""
        self._exact(run_id)
        return [rows.failure(row) for row in self.file.rows(say.FAILURES, run_id)]

    def results(self, run_id: str) -> list[ResultKept]:
        """See `RunReader.results`."""
        self._exact(run_id)
        return [rows.result_kept(row) for row in self.file.rows(say.RESULTS, run_id)]

    def cached(self, limit: int = 1000) -> list[ResultKept]:
        """See `RunReader.cached`."""
        return [rows.result_kept(row) for row in self.file.rows(say.CACHED, limit)]

    def clear_cache(self, cache_key: str | None = None) -> int:
        """See `RunReader.clear_cache`."""
        if cache_key is None:
            return self._change(say.CLEAR_CACHE)
        return self._change(say.CLEAR_KEY, storable(cache_key))

    def logs(self, run_id: str, after: int = 0, limit: int = 10_000) -> list[LogLine]:
        """See `RunReader.logs`."""
        self._exact(run_id)
        return [rows.log_line(row) for row in self.file.rows(say.LOGS, run_id, after, limit)]

    def artifacts(self, run_id: str) -> list[ArtifactKept]:
        """See `RunReader.artifacts`."""
        self._exact(run_id)
        return [rows.artifact_kept(row) for row in self.file.rows(say.ARTIFACTS, run_id)]

    def inputs(self, run_id: str) -> list[RunInput]:
        """See `RunReader.inputs`."""
        self._exact(run_id)
        return [rows.run_input(row) for row in self.file.rows(say.RUN_INPUTS, run_id)]

    def give_input(self, run_id: str, key: str, value: str, at: float) -> bool:
        """See `RunReader.give_input`."""
        return self._change(say.GIVE, storable(value), at, storable(run_id), storable(key), at) > 0

    def withdraw_input(self, run_id: str, key: str, *, given: bool) -> bool:
        """See `RunReader.withdraw_input`."""
        return self._change(say.TAKE_BACK if given else say.UNASK, storable(run_id), storable(key)) > 0

    def request_cancel(self, run_id: str, at: float) -> FlowRun:
        """See `RunReader.request_cancel`."""
        run = self._find(run_id)
        end = cancelled_suspended(at) if run.state.name == "Suspended" else crash_of(run, at)
        if end is not None:
            self._record_crashes([(run, end)])
        elif not run.state.is_final() and not (is_waiting(run) and self._end_waiting(run.id, cancelled_waiting(at))):
            self._change(say.ASK_TO_CANCEL, at, run.id)
        return self.flow_run(run.id)

    def record_dead(self, at: float) -> list[str]:
        """See `RunReader.record_dead`."""
        unfinished = [rows.flow_run(row) for row in self.file.rows(say.UNFINISHED)]
        late = dict(self.file.read(say.EXPIRED, at))
        ends = ((run, expired(run, late.get(run.id), at) or crash_of(run, at)) for run in unfinished)
        dead = [(run, end) for run, end in ends if end is not None]
        return self._record_crashes(dead) if dead else []

    def delete(self, run_ids: Iterable[str]) -> list[str]:
        """See `RunReader.delete`."""
        folders: list[str] = []
        for run_id in run_ids:  # a transaction each: others may write in between
            with self.file.writing(durable=True) as connection:
                folders += _delete(connection, run_id)
        self._shrink()
        return folders

    def counts(self) -> dict[str, int]:
        """See `RunReader.counts`."""
        return dict(zip(columns.TABLES, self.file.read(say.COUNTS)[0], strict=True))

    def _find(self, run_id: str) -> FlowRun:
        run_id = storable(run_id)  # somebody's command line may hold anything
        by_id = self.file.rows(say.RUN, run_id)
        if by_id:
            return rows.flow_run(by_id[0])
        if len(run_id) >= SHORTEST_PREFIX:
            # A range instead of LIKE: no wildcard in what the user typed, and the index is used.
            fitting = self.file.rows(say.RUNS_FROM, run_id, run_id + "\U0010ffff", _SHOWN_CANDIDATES)
            if len(fitting) > 1:
                raise AmbiguousRun(run_id, [row.id for row in fitting])
            if fitting:
                return rows.flow_run(fitting[0])
        called = self.file.rows(f"{SELECT_RUNS} WHERE flow_runs.name = ? {NEWEST} LIMIT 1", run_id)
        if not called and (title := flow_and_serial(run_id)) is not None:
            called = self.file.rows(f"{SELECT_RUNS} WHERE flow_runs.flow = ? AND flow_runs.serial = ?", *title)
        if not called:
            raise RunNotFound(run_id)
        return rows.flow_run(called[0])

    def _exact(self, run_id: str) -> FlowRun:
        found = self.file.rows(say.RUN, storable(run_id))
        if not found:
            raise RunNotFound(run_id)
        return rows.flow_run(found[0])

    def _change(self, statement: str, *values: object) -> int:
        with self.file.writing(durable=True) as connection:
            return connection.execute(statement, values).rowcount

    def _end_waiting(self, run_id: str, end: State) -> bool:
        with self.file.writing(durable=True) as connection:
            return end_waiting(connection, run_id, end)

    def _record_crashes(self, dead: list[tuple[FlowRun, State]]) -> list[str]:
        with self.file.writing(durable=True) as connection:
            return [run.id for run, crash in dead if record_crash(connection, run, crash)]

    def _shrink(self) -> None:
        """Give the free pages back to the disk; where another process is busy, the next deletion does it."""

        def shrink(connection: sqlite3.Connection) -> None:
            with contextlib.suppress(sqlite3.OperationalError):
                while connection.execute("PRAGMA freelist_count").fetchone()[0]:
                    # A step frees one page, and only a script is stepped to its end; others may write in between.
                    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
                checkpoint(connection, self.file.path, "TRUNCATE")

        with contextlib.suppress(StoreUnavailable):
            self.file.reading(shrink)


def _delete(connection: sqlite3.Connection, run_id: str) -> list[str]:
    found = connection.execute(say.ENDED_FOLDER, (run_id,)).fetchone()
    if found is None:
        return []
    for statement in say.DELETE_ALL_OF:
        connection.execute(statement, (run_id,))
    return [found[0]] if found[0] else []


__all__ = ["SqlReader"]
