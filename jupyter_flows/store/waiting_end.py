"""The end of a run that nobody has begun: whoever ends it writes it down, because it has no owner."""

from __future__ import annotations

import sqlite3

from jupyter_flows.model.states import State

# Whoever takes a run up states its version; of him and the one who ends it, one wins.
_END = (
    "UPDATE flow_runs SET state_kind = ?, state_name = ?, state_message = ?, state_at = ?, "
    "state_version = state_version + 1, ended_at = ? "
    "WHERE id = ? AND state_kind = 'scheduled' AND owner_host IS NULL AND ended_at IS NULL"
)
_TELL = (
    "INSERT INTO states (flow_run_id, number, version, kind, name, message, at, attempt) "
    "SELECT id, 0, state_version, state_kind, state_name, state_message, state_at, attempts FROM flow_runs WHERE id = ?"
)
GIVE_SLOTS = "DELETE FROM limit_slots WHERE run_id = ?"  # a runner may have claimed it, and its slots, just before
_DONE = "UPDATE deployment_runs SET done_at = ? WHERE run_id = ? AND done_at IS NULL"
_WITHDRAW = (
    "UPDATE deployment_runs SET done_at = ? WHERE run_id = ? AND done_at IS NULL AND runner_id IS NULL "
    "AND EXISTS (SELECT 1 FROM flow_runs f WHERE f.id = run_id AND f.ended_at IS NOT NULL)"
)


def end_waiting(connection: sqlite3.Connection, run_id: str, end: State) -> bool:
    """End a run in a final state unless somebody has taken it up, inside the caller's transaction.

    Returns
    -------
    bool
        Whether it was still waiting.
    """
    told = (str(end.kind), end.name, end.message or None, end.at)
    if not connection.execute(_END, (*told, end.at, run_id)).rowcount:
        return False
    connection.execute(_TELL, (run_id,))
    connection.execute(GIVE_SLOTS, (run_id,))
    connection.execute(_DONE, (end.at, run_id))
    return True


def withdraw(connection: sqlite3.Connection, run_id: str, at: float) -> bool:
    """Let a run that has ended and waits for its next attempt have none, inside the caller's transaction.

    Returns
    -------
    bool
        Whether it was waiting for one.
    """
    return bool(connection.execute(_WITHDRAW, (at, run_id)).rowcount)


__all__ = ["GIVE_SLOTS", "end_waiting", "withdraw"]
