"""The runs that wait for a runner, in the store's file: one short transaction for each change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from jupyter_flows.errors import RunNotFound
from jupyter_flows.model.deployments import DeploymentRun, StoredSchedule
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.ticks import DecidedTick, DueSchedule
from jupyter_flows.store import queue_statements as say
from jupyter_flows.store import statements as sql
from jupyter_flows.store.deciding import decide
from jupyter_flows.store.deployments import stored_schedule
from jupyter_flows.store.fold import fold
from jupyter_flows.store.scrub import scrubbed
from jupyter_flows.store.store_file import StorePart
from jupyter_flows.store.waiting_end import withdraw


class Queue(StorePart):
    """The queue of one store."""

    @property
    def location(self) -> str:
        """The store's file."""
        return str(self.file.path)

    def add(self, runs: Iterable[NewRun]) -> None:
        """Put runs into the queue, all in one transaction that is on the disk when this returns.

        Raises
        ------
        StoreUnavailable
            Nothing was written.
        """
        with self.file.writing(durable=True) as connection:
            for run in runs:
                insert_run(connection, run)

    def run(self, run_id: str) -> DeploymentRun:
        """Return where a run comes from, and how far it has come.

        Raises
        ------
        RunNotFound
            It is no run of a deployment.
        """
        found = self.file.read(f"{say.SELECT_QUEUED} WHERE run_id = ?", run_id)
        if not found:
            raise RunNotFound(run_id)
        return DeploymentRun(**dict(zip(say.QUEUED, found[0], strict=True)))

    def due_schedules(self, at: float, limit: int) -> list[tuple[StoredSchedule, int]]:
        """Return schedules with a due tick, the longest due first, each with its deployment's newest version."""
        found = self.file.read(say.DUE_SCHEDULES, at, limit)
        return [(stored_schedule(row[:-1]), row[-1]) for row in found]

    def next_tick_at(self) -> float | None:
        """Return when the next tick of any schedule is due, in seconds since the epoch; None where there is none."""
        return self.file.read(say.NEXT_TICK_AT)[0][0]

    def next_deployment(self) -> str | None:
        """Return the name of the deployment whose schedule ticks next; None where none does."""
        found = self.file.read(say.NEXT_DEPLOYMENT)
        return found[0][0] if found else None

    def is_any_due(self, at: float) -> bool:
        """Whether a run that nobody has claimed is due; it may have to wait for others all the same."""
        return bool(self.file.read(say.IS_ANY_DUE, at)[0][0])

    def next_due(self, after: float) -> float | None:
        """Return when the next run that nobody has claimed is due after an instant; None where there is none."""
        return self.file.read(say.NEXT_DUE, after)[0][0]

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
        with self.file.writing(durable=True) as connection:
            for schedule in due:
                decided += decide(connection, schedule, lambda run: insert_run(connection, run), at)
        return decided

    def ticks(self, schedule_id: str, limit: int = 100) -> list[DecidedTick]:
        """Return what became of a schedule's ticks, newest first."""
        return [DecidedTick(*row) for row in self.file.read(say.SELECT_TICKS, schedule_id, limit)]

    def withdraw(self, run_id: str, at: float) -> bool:
        """Let a run that has ended and waits for its next attempt have none; False where it waits for none.

        Raises
        ------
        StoreUnavailable
        """
        with self.file.writing(durable=True) as connection:
            return withdraw(connection, run_id, at)

    def requeue(self, run_id: str, due_at: float) -> bool:
        """Put a run of a deployment into the queue again, for its next attempt; False where it waits or goes on.

        Raises
        ------
        StoreUnavailable
        """
        with self.file.writing(durable=True) as connection:
            return bool(connection.execute(say.REQUEUE, (due_at, run_id)).rowcount)


def insert_run(connection: sqlite3.Connection, new: NewRun) -> None:
    """Put a run into the queue, in the transaction that is open on the connection."""
    rows = scrubbed(fold({new.created.run_id: [new.created, new.entered]}, new.queued.due_at))
    connection.executemany(sql.INSERT_FLOW_RUN, rows.new_flow_runs)
    connection.executemany(sql.INSERT_STATE, rows.history)
    connection.execute(say.INSERT_QUEUED, [getattr(new.queued, name) for name in say.QUEUED])


__all__ = ["Queue", "insert_run"]
