"""The writer's fixed statements."""

from __future__ import annotations

from jupyter_flows.store import columns

# Rows of one wide statement. Each step of a statement gives the interpreter's lock away and takes it back, and has a
# fixed cost: 50 rows a step are a third cheaper than one, more gain nothing.
WIDE = 50


def _insert(table: str, names: tuple[str, ...], verb: str = "INSERT", rows: int = 1) -> str:
    marks = ", ".join([f"({', '.join('?' * len(names))})"] * rows)
    return f"{verb} INTO {table} ({', '.join(names)}) VALUES {marks}"


INSERT_FLOW_RUN = (
    f"INSERT INTO flow_runs ({', '.join(columns.FLOW_RUNS)}, serial) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(columns.FLOW_RUNS))}, "
    "(SELECT coalesce(max(serial), 0) + 1 FROM flow_runs WHERE flow = ?))"
)
INSERT_TASK_RUN = _insert("task_runs", columns.TASK_RUNS)
WIDE_TASK_RUNS = _insert("task_runs", columns.TASK_RUNS, rows=WIDE)
INSERT_STATE = _insert("states", columns.STATES)
WIDE_STATES = _insert("states", columns.STATES, rows=WIDE)
# A task run that leaves its end (it is taken up again) takes what its row alone told about its start and end along.
KEEP_END = (
    "INSERT OR IGNORE INTO states (flow_run_id, number, version, kind, name, message, at, attempt) "
    "SELECT flow_run_id, number, state_version, state_kind, state_name, state_message, state_at, attempts "
    "FROM task_runs WHERE flow_run_id = ? AND number = ? AND state_version = 3 AND ended_at IS NOT NULL"
)
KEEP_START = (
    "INSERT OR IGNORE INTO states (flow_run_id, number, version, kind, name, message, at, attempt) "
    "SELECT flow_run_id, number, 2, 'running', 'Running', NULL, started_at, 1 "
    "FROM task_runs WHERE flow_run_id = ? AND number = ? AND started_at IS NOT NULL"
)
# The same attempt may be told twice when a run is taken up again: the later word counts.
INSERT_FAILURE = _insert("failures", columns.FAILURES, "INSERT OR REPLACE")
INSERT_RESULT = _insert("results", columns.RESULTS, "INSERT OR REPLACE")
# A progress that moves takes its own place.
INSERT_ARTIFACT = _insert("artifacts", columns.ARTIFACTS, "INSERT OR REPLACE")
# Asked again by a further attempt of its run, a question keeps the answer that it has.
ASK = (
    "INSERT INTO run_inputs (flow_run_id, key, schema, asked_at, expires_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (flow_run_id, key) DO UPDATE SET schema = excluded.schema, asked_at = excluded.asked_at, "
    "expires_at = excluded.expires_at WHERE given_at IS NULL"
)
INSERT_LOG = _insert("logs", columns.LOGS)
WIDE_LOGS = _insert("logs", columns.LOGS, rows=WIDE)

_SET_STATE = (
    "SET state_kind = ?, state_name = ?, state_message = ?, state_at = ?, state_version = ?, "
    "attempts = max(attempts, ?), "
    # A run that is taken up again begins anew: else its time would hold the pause between the attempts.
    "started_at = coalesce(CASE WHEN ended_at IS NULL THEN started_at END, ?), ended_at = ?, value = ?"
)
# A cancel request belongs to the attempt it was made in: a run that leaves a final state starts without one.
UPDATE_FLOW_RUN = (
    f"UPDATE flow_runs {_SET_STATE}, "
    "cancel_requested_at = CASE WHEN ended_at IS NULL THEN cancel_requested_at END WHERE id = ?"
)
UPDATE_TASK_RUN = f"UPDATE task_runs {_SET_STATE} WHERE flow_run_id = ? AND number = ?"
# The same where the end never came to the row, because it is of the batch that tells what comes after it.
FLOW_ANEW = "UPDATE flow_runs SET started_at = NULL, cancel_requested_at = NULL WHERE id = ?"
TASK_ANEW = "UPDATE task_runs SET started_at = NULL WHERE flow_run_id = ? AND number = ?"
SET_DIRECTORY = "UPDATE flow_runs SET directory = ? WHERE id = ?"

RENEW_LEASE = "UPDATE flow_runs SET lease_until = ? WHERE id = ? AND owner_token = ?"
# Of two who take a run up, one finds it as it was read.
TAKE_UP = (
    "UPDATE flow_runs SET owner_host = ?, owner_boot_id = ?, owner_pid = ?, owner_process_started = ?, "
    "owner_token = ?, lease_until = ? "
    "WHERE id = ? AND state_version = ? AND (ended_at IS NOT NULL OR state_name = 'Suspended' "
    "OR (state_kind = 'scheduled' AND owner_host IS NULL))"
)
CHECK_LEASE = "SELECT 1 FROM flow_runs WHERE id = ? AND owner_token = ?"
# Each with the tick that took its place, where that is why: it was decided in the transaction that asked. The last row
# of a run is that of the newest one.
CANCEL_REQUESTS = (
    "SELECT f.id, t.at, t.run_id FROM flow_runs f LEFT JOIN deployment_runs q ON q.run_id = f.id "
    "LEFT JOIN schedules s ON s.deployment_id = q.deployment_id AND s.overlap = 'cancel' "
    "LEFT JOIN ticks t ON t.schedule_id = s.id AND t.at > q.tick "
    "AND t.decided_at = f.cancel_requested_at AND t.outcome = 'run' "
    "WHERE f.ended_at IS NULL AND f.cancel_requested_at IS NOT NULL ORDER BY t.at"
)
