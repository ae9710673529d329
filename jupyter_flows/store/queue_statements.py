"""The queue's fixed statements."""

from __future__ import annotations

QUEUED = (
    "run_id", "deployment_id", "version", "origin", "schedule_id", "tick", "backfill", "due_at", "priority",
    "runner_id", "claimed_at", "done_at",
)  # fmt: skip
INSERT_QUEUED = f"INSERT INTO deployment_runs ({', '.join(QUEUED)}) VALUES ({', '.join('?' * len(QUEUED))})"  # noqa: S608
SELECT_QUEUED = f"SELECT {', '.join(QUEUED)} FROM deployment_runs "  # noqa: S608 - our own names

__all__ = ["INSERT_QUEUED", "QUEUED", "SELECT_QUEUED"]
