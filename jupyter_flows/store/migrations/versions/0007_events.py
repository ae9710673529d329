"""Events, and the automations that wait for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# States of flow runs become events by the database itself: no writer of states has a second thing to write, and most
# states of task runs, which have no row of their own, cost nothing. Task runs called outside any flow have no events.
# `is_end`: nothing will be executed any more; while a runner has a deployment's run, its final state may be followed by
# a further attempt, and `run.done` says when it is not. A migration that rebuilds one of these tables must make its
# trigger anew.
_STATE = """
CREATE TRIGGER event_of_state AFTER INSERT ON states WHEN NEW.number = 0 BEGIN
  INSERT INTO events (at, name, resource, run_id, kind, state, message, is_end)
  SELECT NEW.at, 'run.' || NEW.kind, 'flow:' || f.flow, f.id, NEW.kind, NEW.name, NEW.message,
    NEW.kind IN ('completed', 'failed', 'crashed', 'cancelled')
    AND NOT EXISTS (SELECT 1 FROM deployment_runs q WHERE q.run_id = NEW.flow_run_id AND q.done_at IS NULL)
  FROM flow_runs f WHERE f.id = NEW.flow_run_id AND f.kind <> 'task';
END
"""
_DONE = """
CREATE TRIGGER event_of_done AFTER UPDATE OF done_at ON deployment_runs
WHEN NEW.done_at IS NOT NULL AND OLD.done_at IS NULL BEGIN
  INSERT INTO events (at, name, resource, run_id, kind, state, message, is_end)
  SELECT NEW.done_at, 'run.done', 'flow:' || f.flow, f.id, f.state_kind, f.state_name, f.state_message, 1
  FROM flow_runs f WHERE f.id = NEW.run_id AND f.ended_at IS NOT NULL;
END
"""
# The oldest of very many events go, also where no runner is there to drop those of more than some days.
_BOUND = """
CREATE TRIGGER bound_of_events AFTER INSERT ON events BEGIN
  DELETE FROM events WHERE id <= NEW.id - 200000;
END
"""


def upgrade() -> None:
    """Add the tables, and what makes events of states."""
    _add_events()
    _add_automations()
    _add_firings()
    for trigger in (_STATE, _DONE, _BOUND):
        op.execute(trigger)


def _add_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("message", sa.Text()),
        sa.Column("is_end", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )


def _add_automations() -> None:
    op.create_table(
        "automations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Text()),
        sa.Column("paused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.REAL(), nullable=False),
        sa.Column("updated_at", sa.REAL(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("armed_at", sa.REAL()),
        sa.Column("window_at", sa.REAL(), nullable=False),
        sa.Column("window_count", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("last_held", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "automation_turns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO automation_turns VALUES (1, 0, 0)")
    op.create_table(
        "watched_files",
        sa.Column("automation_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mtime_ns", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("automation_id", "path"),
        sqlite_with_rowid=False,
    )


def _add_firings() -> None:
    op.create_table(
        "firings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("automation_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("actions_done", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("claimed_until", sa.REAL()),
        sa.Column("done_at", sa.REAL()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_firings_key", "firings", ["automation_id", "key"], unique=True)
    op.create_index("ix_firings_open", "firings", ["at"], sqlite_where=sa.text("done_at IS NULL"))
    op.create_table(
        "run_causes",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("firing_id", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
        sqlite_with_rowid=False,
    )
