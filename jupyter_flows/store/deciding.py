"""Decisions about ticks, inside the caller's transaction: whatever planners there are, each tick is decided once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.states import CANCELLED, State
from jupyter_flows.model.ticks import MERGED, OVERLAP, RUN, DecidedTick, DueSchedule, DueTick, place_taken
from jupyter_flows.schedules import Overlap
from jupyter_flows.store.waiting_end import end_waiting, withdraw

# Who decided meanwhile, paused it or changed it has moved `planned_at`.
_MOVE = "UPDATE schedules SET planned_at = ?, next_at = ? WHERE id = ? AND planned_at = ? AND paused = 0"
_TELL = "INSERT OR IGNORE INTO ticks (schedule_id, at, run_id, outcome, reason, decided_at) VALUES (?, ?, ?, ?, ?, ?)"
_DECIDED = "SELECT 1 FROM ticks WHERE schedule_id = ? AND at = ?"
_EQUAL = (
    "SELECT q.run_id FROM deployment_runs q JOIN flow_runs f ON f.id = q.run_id "
    "WHERE q.deployment_id = ? AND q.due_at >= ? AND q.tick = ? AND q.origin = 'schedule' AND f.parameters = ?"
)
# A run that was made for another schedule's equal instant is one of this schedule's too.
OPEN_OF_SCHEDULE = (
    "FROM deployment_runs q WHERE q.deployment_id = ? AND q.done_at IS NULL AND q.origin = 'schedule' "
    "AND (q.schedule_id = ? OR EXISTS (SELECT 1 FROM ticks t "
    "WHERE t.schedule_id = ? AND t.at = q.tick AND t.run_id = q.run_id))"
)
_EARLIER = f"SELECT q.run_id {OPEN_OF_SCHEDULE} AND q.tick < ?"
_ASK = "UPDATE flow_runs SET cancel_requested_at = ? WHERE id = ? AND ended_at IS NULL AND cancel_requested_at IS NULL"


def decide(
    connection: sqlite3.Connection, due: DueSchedule, insert: Callable[[NewRun], None], at: float
) -> list[DecidedTick]:
    """Decide the due ticks of a schedule, and move it on.

    Parameters
    ----------
    connection
        A write transaction is open on it.
    insert
        Puts a run into the queue, in the same transaction.
    at
        Now, in seconds since the epoch.

    Returns
    -------
    What became of each tick; empty where somebody else was first.
    """
    moved = (due.planned_to, due.next_at, due.schedule_id, due.planned_at)
    if not connection.execute(_MOVE, moved).rowcount:
        return []
    decided = [_decide(connection, due, tick, insert, at) for tick in due.ticks]
    return [one for one in decided if one is not None]


def _decide(
    connection: sqlite3.Connection, due: DueSchedule, tick: DueTick, insert: Callable[[NewRun], None], at: float
) -> DecidedTick | None:
    if connection.execute(_DECIDED, (due.schedule_id, tick.at)).fetchone():
        return None
    told = _outcome(connection, due, tick, at)
    if told.outcome == RUN and tick.run is not None:
        insert(tick.run)
    connection.execute(_TELL, (due.schedule_id, tick.at, told.run_id, told.outcome, told.reason or None, at))
    return told


def _outcome(connection: sqlite3.Connection, due: DueSchedule, tick: DueTick, at: float) -> DecidedTick:
    if tick.run is None:
        return DecidedTick(due.schedule_id, tick.at, tick.outcome, None, tick.reason)
    equal = connection.execute(_EQUAL, (due.deployment_id, tick.at, tick.at, tick.run.created.parameters)).fetchone()
    if equal is not None:
        return DecidedTick(due.schedule_id, tick.at, MERGED, equal[0], "another schedule has a run of this instant")
    if due.overlap in {Overlap.SKIP, Overlap.CANCEL}:
        of = (due.deployment_id, due.schedule_id, due.schedule_id, tick.at)
        earlier = [run_id for (run_id,) in connection.execute(_EARLIER, of)]
        if earlier and due.overlap == Overlap.SKIP:
            return DecidedTick(due.schedule_id, tick.at, OVERLAP, None, f"run {earlier[0]} was not done")
        for run_id in earlier:
            _cancel(connection, run_id, at, place_taken(tick.at, tick.run.created.run_id))
    return DecidedTick(due.schedule_id, tick.at, RUN, tick.run.created.run_id)


def _cancel(connection: sqlite3.Connection, run_id: str, at: float, why: str) -> None:
    """End a run that waits. One that goes on is asked to end: its owner finds the reason by the instant of the request.

    That is the instant at which the newer tick was decided: see `statements.CANCEL_REQUESTS`.
    """
    end = State(CANCELLED, "Cancelled", why, at)
    if not (end_waiting(connection, run_id, end) or withdraw(connection, run_id, at)):
        connection.execute(_ASK, (at, run_id))


__all__ = ["OPEN_OF_SCHEDULE", "decide"]
