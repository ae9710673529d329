"""Backfills in the queue: all their runs at once, never a tick of them twice, and no more at a time than is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.states import State
from jupyter_flows.model.ticks import RUN
from jupyter_flows.store.claiming import backfill_limit
from jupyter_flows.store.queue import Queue, insert_run
from jupyter_flows.store.waiting_end import end_waiting

_LIMIT = "INSERT OR REPLACE INTO limits (name, slots, at) VALUES (?, ?, ?)"
# What a planner has not decided yet, it finds decided.
_DECIDED = (
    "INSERT OR IGNORE INTO ticks (schedule_id, at, run_id, outcome, reason, decided_at) VALUES (?, ?, ?, ?, ?, ?)"
)
_WAITING = "SELECT run_id FROM deployment_runs WHERE backfill = ? AND done_at IS NULL AND runner_id IS NULL"
_OPEN = (
    "SELECT DISTINCT backfill FROM deployment_runs WHERE deployment_id = ? AND backfill IS NOT NULL AND done_at IS NULL"
)
_LEFT = "SELECT run_id FROM deployment_runs WHERE backfill = ? AND done_at IS NULL ORDER BY due_at, run_id"
# Limits of backfills that have nothing left to run; whoever begins the next one removes them.
_SWEEP = (
    "DELETE FROM limits WHERE substr(name, 1, ?) = ? AND NOT EXISTS (SELECT 1 FROM deployment_runs q "
    "WHERE q.backfill = substr(limits.name, ?) AND q.done_at IS NULL)"
)


class TickRun(NamedTuple):
    """A run of a backfill, and the schedules whose tick it stands for."""

    run: NewRun
    schedule_ids: tuple[str, ...]


def add_backfill(queue: Queue, backfill: str, runs: Iterable[TickRun], max_active: int, at: float) -> None:
    """Put the runs of a backfill into the queue, in one transaction.

    Parameters
    ----------
    backfill
        Its id, which each of the runs names.
    max_active
        How many of them are executed at a time, whatever runners there are.
    at
        Now, in seconds since the epoch.

    Raises
    ------
    StoreUnavailable
        Nothing was written.
    """
    prefix = backfill_limit("")
    with queue.file.writing(durable=True) as connection:
        connection.execute(_SWEEP, (len(prefix), prefix, len(prefix) + 1))
        connection.execute(_LIMIT, (backfill_limit(backfill), max_active, at))
        for run, schedule_ids in runs:
            insert_run(connection, run)
            queued = run.queued
            told = (queued.tick, queued.run_id, RUN, "by a backfill", at)
            connection.executemany(_DECIDED, [(schedule_id, *told) for schedule_id in schedule_ids])


def cancel_backfill(queue: Queue, backfill: str, end: State) -> list[str]:
    """End what of a backfill nobody has begun; return the ids of these runs.

    Raises
    ------
    StoreUnavailable
        Nothing was written.
    """
    with queue.file.writing(durable=True) as connection:
        waiting = [run_id for (run_id,) in connection.execute(_WAITING, (backfill,))]
        return [run_id for run_id in waiting if end_waiting(connection, run_id, end)]


def open_backfills(queue: Queue, deployment_id: str) -> list[str]:
    """Return the ids of a deployment's backfills that are not over."""
    return [backfill for (backfill,) in queue.file.read(_OPEN, deployment_id)]


def left_of_backfill(queue: Queue, backfill: str) -> list[str]:
    """Return the ids of the runs of a backfill that are not done."""
    return [run_id for (run_id,) in queue.file.read(_LEFT, backfill)]


__all__ = ["TickRun", "add_backfill", "cancel_backfill", "left_of_backfill", "open_backfills"]
