"""What a run needs to be taken up again: its code's place, its small values, and what tells its calls apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("flow_runs", sa.Column("entry", sa.Text(), nullable=True))
    op.add_column("flow_runs", sa.Column("lost_parameters", sa.Text(), nullable=True))
    op.add_column("flow_runs", sa.Column("value", sa.Text(), nullable=True))
    op.add_column("task_runs", sa.Column("version", sa.Text(), nullable=True))
    op.add_column("task_runs", sa.Column("digest", sa.Integer(), nullable=True))
    op.add_column("task_runs", sa.Column("value", sa.Text(), nullable=True))
