"""The fixed statements of who reads the store, and of who writes without being a run's owner."""

from __future__ import annotations

from jupyter_flows.store import columns
from jupyter_flows.store.run_listing import SELECT_RUNS


def _select(table: str, names: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(names)} FROM {table} WHERE flow_run_id = ?"  # noqa: S608 - our own names


RUN = f"{SELECT_RUNS} WHERE flow_runs.id = ?"
RUNS_FROM = f"{SELECT_RUNS} WHERE flow_runs.id >= ? AND flow_runs.id < ? ORDER BY flow_runs.id LIMIT ?"
UNFINISHED = f"{SELECT_RUNS} WHERE flow_runs.ended_at IS NULL AND flow_runs.owner_host IS NOT NULL"
TASK_RUNS = f"{_select('task_runs', columns.TASK_RUNS)} ORDER BY number"
TASK_RUN = f"{_select('task_runs', columns.TASK_RUNS)} AND number = ?"
STATES = _select("states", columns.STATES)
STATES_OF_ONE = f"{STATES} AND number = ?"
FAILURES = f"{_select('failures', columns.FAILURES)} ORDER BY rowid"
RESULTS = f"{_select('results', columns.RESULTS)} ORDER BY number, attempt"
ARTIFACTS = f"{_select('artifacts', columns.ARTIFACTS)} ORDER BY at DESC, rowid DESC"
RUN_INPUTS = f"{_select('run_inputs', columns.RUN_INPUTS)} ORDER BY asked_at, key"
LOGS = f"{_select('logs', ('id', *columns.LOGS))} AND id > ? ORDER BY id LIMIT ?"
CACHED = f"SELECT {', '.join(columns.RESULTS)} FROM results WHERE cache_key IS NOT NULL ORDER BY at DESC LIMIT ?"  # noqa: S608
EXPIRED = "SELECT flow_run_id, expires_at FROM run_inputs WHERE given_at IS NULL AND expires_at <= ?"
# Most states of task runs have no row of their own (`store.fold`).
_TOLD = "(SELECT count(*) FROM states WHERE number = 0) + (SELECT coalesce(sum(state_version), 0) FROM task_runs)"
_EACH = (_TOLD if table == "states" else f"(SELECT count(*) FROM {table})" for table in columns.TABLES)  # noqa: S608
COUNTS = f"SELECT {', '.join(_EACH)}"

CLEAR_CACHE = "UPDATE results SET cache_key = NULL WHERE cache_key IS NOT NULL"
CLEAR_KEY = "UPDATE results SET cache_key = NULL WHERE cache_key = ?"
_ASKED = "flow_run_id = ? AND key = ?"
GIVE = (
    f"UPDATE run_inputs SET value = ?, given_at = ? WHERE {_ASKED} AND given_at IS NULL "  # noqa: S608 - our own words
    "AND (expires_at IS NULL OR expires_at > ?)"
)
TAKE_BACK = f"UPDATE run_inputs SET value = NULL, given_at = NULL WHERE {_ASKED} AND given_at IS NOT NULL"  # noqa: S608
UNASK = f"DELETE FROM run_inputs WHERE {_ASKED} AND given_at IS NULL"  # noqa: S608 - our own words
ASK_TO_CANCEL = (
    "UPDATE flow_runs SET cancel_requested_at = ? WHERE id = ? AND ended_at IS NULL AND cancel_requested_at IS NULL"
)
ENDED_FOLDER = "SELECT directory FROM flow_runs WHERE id = ? AND ended_at IS NOT NULL"
_OF_RUNS = ("task_runs", "states", "failures", "results", "logs", "artifacts", "run_inputs")
DELETE_ALL_OF = (
    *(f"DELETE FROM {table} WHERE flow_run_id = ?" for table in _OF_RUNS),  # noqa: S608 - our own names
    # What belongs to a backfill stays: its tick must not run again because its run was forgotten.
    "DELETE FROM deployment_runs WHERE run_id = ? AND done_at IS NOT NULL AND backfill IS NULL",
    "DELETE FROM flow_runs WHERE id = ?",
)
