"""Runs of a deployment that nobody has begun: ended where they will never be."""

from __future__ import annotations

import sqlite3

# Whoever takes a run up states its version; of him and the one who cancels it, one wins.
_WAITING = (
    "SELECT f.id, f.state_version FROM deployment_runs r JOIN flow_runs f ON f.id = r.run_id "
    "WHERE r.deployment_id = ? AND r.done_at IS NULL AND f.ended_at IS NULL AND f.owner_host IS NULL "
    "AND f.state_kind = 'scheduled' ORDER BY r.due_at, f.id"
)
_END = (
    "UPDATE flow_runs SET state_kind = 'cancelled', state_name = 'Cancelled', state_message = ?, state_at = ?, "
    "state_version = ?, ended_at = ? WHERE id = ? AND state_version = ?"
)
_TELL = (
    "INSERT INTO states (flow_run_id, number, version, kind, name, message, at, attempt) "
    "VALUES (?, 0, ?, 'cancelled', 'Cancelled', ?, ?, 0)"
)
_DONE = "UPDATE deployment_runs SET done_at = ? WHERE run_id = ?"


def cancel_waiting(connection: sqlite3.Connection, deployment_id: str, why: str, at: float) -> list[str]:
    """End a deployment's waiting runs as Cancelled, inside the caller's transaction.

    Parameters
    ----------
    connection
        A write transaction is open on it.
    why
        The message of their last state.
    at
        Now, in seconds since the epoch.

    Returns
    -------
    The ids of the runs that waited.
    """
    waiting: list[tuple[str, int]] = connection.execute(_WAITING, (deployment_id,)).fetchall()
    for run_id, version in waiting:
        connection.execute(_END, (why, at, version + 1, at, run_id, version))
        connection.execute(_TELL, (run_id, version + 1, why, at))
        connection.execute(_DONE, (at, run_id))
    return [run_id for run_id, _ in waiting]


__all__ = ["cancel_waiting"]
