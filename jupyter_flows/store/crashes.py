"""The end of a run whose owner is dead, written by somebody else, inside the caller's transaction."""

from __future__ import annotations

import sqlite3

from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import FINAL, State
from jupyter_flows.store.statements import INSERT_STATE

_ENDED = (
    "state_kind = ?, state_name = ?, state_message = ?, state_at = ?, ended_at = ?, state_version = state_version + 1"
)
# Without its token the owner can write no more, should it only have seemed dead (another host's clock).
_END_RUN = (
    f"UPDATE flow_runs SET {_ENDED}, owner_token = NULL "  # noqa: S608 - our own words
    "WHERE id = ? AND owner_token = ? AND lease_until = ? AND ended_at IS NULL"
)
_FINAL = ", ".join(f"'{kind}'" for kind in FINAL)
_UNFINISHED = f"flow_run_id = ? AND state_kind NOT IN ({_FINAL})"
_VERSION = "SELECT state_version, attempts FROM flow_runs WHERE id = ?"
_LOST = f"SELECT number, state_version + 1, attempts FROM task_runs WHERE {_UNFINISHED}"  # noqa: S608 - our own words
_END_TASKS = f"UPDATE task_runs SET {_ENDED} WHERE {_UNFINISHED}"  # noqa: S608 - our own words


def record_crash(connection: sqlite3.Connection, run: FlowRun, crash: State) -> bool:
    """Write a crash down unless the run has changed since it was looked at."""
    assert run.owner is not None
    told = (str(crash.kind), crash.name, crash.message, crash.at)
    ended = (*told, crash.at)
    if not connection.execute(_END_RUN, (*ended, run.id, run.owner.token, run.lease_until)).rowcount:
        return False
    own = (0, *connection.execute(_VERSION, (run.id,)).fetchone())
    lost = [own, *connection.execute(_LOST, (run.id,))]
    connection.execute(_END_TASKS, (*ended, run.id))
    rows = [(run.id, number, version, *told, attempts) for number, version, attempts in lost]
    connection.executemany(INSERT_STATE, rows)
    return True


__all__ = ["record_crash"]
