"""Kept results, and the keys by which later runs find them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "results",
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.REAL(), nullable=False),
        sa.Column("cache_key", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.REAL(), nullable=True),
        sa.Column("serializer", sa.Text(), nullable=False),
        sa.Column("inline", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("flow_run_id", "number", "attempt"),
    )
    op.create_index(
        "ix_results_cache_key",
        "results",
        ["cache_key", "at"],
        unique=False,
        sqlite_where=sa.text("cache_key IS NOT NULL"),
    )
