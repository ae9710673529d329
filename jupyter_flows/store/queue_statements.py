"""The queue's fixed statements."""

from __future__ import annotations

QUEUED = (
    "run_id", "deployment_id", "version", "origin", "schedule_id", "tick", "backfill", "due_at", "priority",
    "runner_id", "claimed_at", "done_at",
)  # fmt: skip
INSERT_QUEUED = f"INSERT INTO deployment_runs ({', '.join(QUEUED)}) VALUES ({', '.join('?' * len(QUEUED))})"  # noqa: S608
SELECT_QUEUED = f"SELECT {', '.join(QUEUED)} FROM deployment_runs "  # noqa: S608 - our own names

# Of a paused deployment no schedule has a next tick.
DUE_SCHEDULES = (
    "SELECT s.id, s.deployment_id, s.name, s.definition, s.catchup, s.overlap, s.paused, s.created_at, s.planned_at, "
    "s.next_at, d.version FROM schedules s JOIN deployments d ON d.id = s.deployment_id "
    "WHERE s.paused = 0 AND s.next_at IS NOT NULL AND s.next_at <= ? AND d.paused = 0 ORDER BY s.next_at LIMIT ?"
)
NEXT_TICK_AT = (
    "SELECT min(s.next_at) FROM schedules s JOIN deployments d ON d.id = s.deployment_id "
    "WHERE s.paused = 0 AND s.next_at IS NOT NULL AND d.paused = 0"
)
SELECT_TICKS = (
    "SELECT schedule_id, at, outcome, run_id, coalesce(reason, '') FROM ticks "
    "WHERE schedule_id = ? ORDER BY at DESC LIMIT ?"
)

REQUEUE = (
    "UPDATE deployment_runs SET runner_id = NULL, claimed_at = NULL, done_at = NULL, due_at = ? "
    "WHERE run_id = ? AND done_at IS NOT NULL AND EXISTS (SELECT 1 FROM flow_runs f WHERE f.id = run_id "
    "AND (f.state_kind IN ('failed', 'crashed', 'cancelled') OR f.state_name = 'Suspended'))"
)

_WAITS = "runner_id IS NULL AND done_at IS NULL"
IS_ANY_DUE = f"SELECT EXISTS (SELECT 1 FROM deployment_runs WHERE {_WAITS} AND due_at <= ?)"  # noqa: S608
NEXT_DUE = f"SELECT min(due_at) FROM deployment_runs WHERE {_WAITS} AND due_at > ?"  # noqa: S608
NEXT_DEPLOYMENT = (
    "SELECT d.name FROM schedules s JOIN deployments d ON d.id = s.deployment_id "
    "WHERE s.paused = 0 AND s.next_at IS NOT NULL AND d.paused = 0 ORDER BY s.next_at LIMIT 1"
)

__all__ = [
    "DUE_SCHEDULES",
    "INSERT_QUEUED",
    "IS_ANY_DUE",
    "NEXT_DEPLOYMENT",
    "NEXT_DUE",
    "NEXT_TICK_AT",
    "QUEUED",
    "REQUEUE",
    "SELECT_QUEUED",
    "SELECT_TICKS",
]
