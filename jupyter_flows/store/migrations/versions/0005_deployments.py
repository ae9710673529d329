"""Deployments, their schedules and ticks, and what runners share: the queue, limits, and what paused runs wait for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _add_deployments()
    _add_schedules()
    _add_queue()
    _add_shared()


def _add_deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.REAL(), nullable=False),
        sa.Column("updated_at", sa.REAL(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "deployment_versions",
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("deployment_id", "version"),
    )


def _add_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("catchup", sa.Text(), nullable=False),
        sa.Column("overlap", sa.Text(), nullable=False),
        sa.Column("paused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.REAL(), nullable=False),
        sa.Column("planned_at", sa.REAL(), nullable=False),
        sa.Column("next_at", sa.REAL(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_schedules_deployment", "schedules", ["deployment_id", "name"], unique=True)
    op.create_index(
        "ix_schedules_due", "schedules", ["next_at"], sqlite_where=sa.text("paused = 0 AND next_at IS NOT NULL")
    )
    op.create_table(
        "ticks",
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.REAL(), nullable=False),
        sa.PrimaryKeyConstraint("schedule_id", "at"),
        sqlite_with_rowid=False,
    )


def _add_queue() -> None:
    op.create_table(
        "deployment_runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=True),
        sa.Column("tick", sa.REAL(), nullable=True),
        sa.Column("backfill", sa.Text(), nullable=True),
        sa.Column("due_at", sa.REAL(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("runner_id", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.REAL(), nullable=True),
        sa.Column("done_at", sa.REAL(), nullable=True),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index(
        "ix_deployment_runs_backfill", "deployment_runs", ["backfill"], sqlite_where=sa.text("backfill IS NOT NULL")
    )
    op.create_index("ix_deployment_runs_deployment", "deployment_runs", ["deployment_id", "due_at"])
    op.create_index(
        "ix_deployment_runs_due",
        "deployment_runs",
        [sa.text("priority DESC"), "due_at"],
        sqlite_where=sa.text("runner_id IS NULL AND done_at IS NULL"),
    )
    op.create_index(
        "ix_deployment_runs_open", "deployment_runs", ["deployment_id"], sqlite_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "runners",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Text(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.REAL(), nullable=False),
        sa.Column("lease_until", sa.REAL(), nullable=False),
        sa.Column("stopped_at", sa.REAL(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _add_shared() -> None:
    op.create_table(
        "limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "limit_slots",
        sa.Column("limit_name", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.REAL(), nullable=False),
        sa.PrimaryKeyConstraint("limit_name", "run_id", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_inputs",
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("schema", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.REAL(), nullable=False),
        sa.Column("expires_at", sa.REAL(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("given_at", sa.REAL(), nullable=True),
        sa.PrimaryKeyConstraint("flow_run_id", "key"),
        sqlite_with_rowid=False,
    )
