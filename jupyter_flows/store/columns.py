"""The columns of each table, in the order in which the writer binds them.

Plain names, so that writing needs neither SQLAlchemy nor Alembic; a test holds them against `store.tables`.
"""

from __future__ import annotations

STATE = (
    "state_kind", "state_name", "state_message", "state_at", "state_version",
    "attempts", "created_at", "started_at", "ended_at",
)  # fmt: skip
OWNER = ("owner_host", "owner_boot_id", "owner_pid", "owner_process_started", "owner_token", "lease_until")

FLOW_RUNS = (
    "id", "name", "flow", "kind", "version", "parameters", "tags", "parent_run_id", "parent_number", "directory",
    *STATE, *OWNER, "entry", "lost_parameters", "value",
)  # fmt: skip
TASK_RUNS = (
    "flow_run_id", "number", "name", "task", "kind", "tags", "upstreams", "map_id", "map_index", "parent", *STATE,
    "version", "digest", "value",
)  # fmt: skip
# All of a flow run: also what a new one has not, or only the database knows.
ALL_OF_FLOW_RUNS = (*FLOW_RUNS, "serial", "cancel_requested_at")
STATES = ("flow_run_id", "number", "version", "kind", "name", "message", "at", "attempt")
FAILURES = ("flow_run_id", "number", "attempt", "error_type", "message", "traceback", "inputs")
RESULTS = (
    "flow_run_id", "number", "attempt", "at", "cache_key", "expires_at",
    "serializer", "inline", "location", "size", "sha256", "signature",
)  # fmt: skip
ARTIFACTS = (
    "flow_run_id", "number", "id", "at", "kind", "key", "description", "media_type", "location", "size", "progress",
)  # fmt: skip
LOGS = ("flow_run_id", "number", "at", "level", "logger", "message")

RUN_INPUTS = ("flow_run_id", "key", "schema", "asked_at", "expires_at", "value", "given_at")

TABLES = ("flow_runs", "task_runs", "states", "failures", "results", "logs", "artifacts")
