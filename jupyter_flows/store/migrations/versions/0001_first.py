"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _flow_runs()
    _task_runs()
    _states()
    _failures()
    _logs()


def _flow_runs() -> None:
    op.create_table(
        "flow_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("parent_run_id", sa.Text(), nullable=True),
        sa.Column("parent_number", sa.Integer(), nullable=False),
        sa.Column("directory", sa.Text(), nullable=True),
        sa.Column("state_kind", sa.Text(), nullable=False),
        sa.Column("state_name", sa.Text(), nullable=False),
        sa.Column("state_message", sa.Text(), nullable=True),
        sa.Column("state_at", sa.REAL(), nullable=False),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.REAL(), nullable=False),
        sa.Column("started_at", sa.REAL(), nullable=True),
        sa.Column("ended_at", sa.REAL(), nullable=True),
        sa.Column("owner_host", sa.Text(), nullable=True),
        sa.Column("owner_boot_id", sa.Text(), nullable=True),
        sa.Column("owner_pid", sa.Integer(), nullable=True),
        sa.Column("owner_process_started", sa.Text(), nullable=True),
        sa.Column("owner_token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.REAL(), nullable=True),
        sa.Column("cancel_requested_at", sa.REAL(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_flow_runs_listed", "flow_runs", ["created_at"], unique=False, sqlite_where=sa.text("kind <> 'task'")
    )
    op.create_index("ix_flow_runs_name", "flow_runs", ["name"], unique=False)
    op.create_index("ix_flow_runs_newest", "flow_runs", ["created_at"], unique=False)
    op.create_index(
        "ix_flow_runs_parent",
        "flow_runs",
        ["parent_run_id"],
        unique=False,
        sqlite_where=sa.text("parent_run_id IS NOT NULL"),
    )
    op.create_index("ix_flow_runs_serial", "flow_runs", ["flow", "serial"], unique=False)
    op.create_index(
        "ix_flow_runs_unfinished", "flow_runs", ["created_at"], unique=False, sqlite_where=sa.text("ended_at IS NULL")
    )


def _task_runs() -> None:
    op.create_table(
        "task_runs",
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("upstreams", sa.Text(), nullable=False),
        sa.Column("map_id", sa.Integer(), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=False),
        sa.Column("state_kind", sa.Text(), nullable=False),
        sa.Column("state_name", sa.Text(), nullable=False),
        sa.Column("state_message", sa.Text(), nullable=True),
        sa.Column("state_at", sa.REAL(), nullable=False),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.REAL(), nullable=False),
        sa.Column("started_at", sa.REAL(), nullable=True),
        sa.Column("ended_at", sa.REAL(), nullable=True),
        sa.PrimaryKeyConstraint("flow_run_id", "number"),
        sqlite_with_rowid=False,
    )


def _states() -> None:
    op.create_table(
        "states",
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("flow_run_id", "number", "version"),
        sqlite_with_rowid=False,
    )


def _failures() -> None:
    op.create_table(
        "failures",
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("error_type", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow_run_id", "number", "attempt"),
    )


def _logs() -> None:
    op.create_table(
        "logs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("logger", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_logs_flow_run", "logs", ["flow_run_id", "id"], unique=False)
