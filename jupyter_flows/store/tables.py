"""The tables of the store, for reads, filters and migrations."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()


def _state_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("state_kind", sa.Text, nullable=False),
        sa.Column("state_name", sa.Text, nullable=False),
        sa.Column("state_message", sa.Text),  # NULL when empty
        sa.Column("state_at", sa.REAL, nullable=False),
        sa.Column("state_version", sa.Integer, nullable=False),  # how many states the run has had
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.REAL, nullable=False),
        sa.Column("started_at", sa.REAL),
        sa.Column("ended_at", sa.REAL),  # NULL exactly while the run is not final
    ]


flow_runs = sa.Table(
    "flow_runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("flow", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("serial", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("parent_run_id", sa.Text),
    sa.Column("parent_number", sa.Integer, nullable=False),
    sa.Column("directory", sa.Text),
    *_state_columns(),
    sa.Column("owner_host", sa.Text),
    sa.Column("owner_boot_id", sa.Text),
    sa.Column("owner_pid", sa.Integer),
    sa.Column("owner_process_started", sa.Text),
    sa.Column("owner_token", sa.Text),  # NULL once the run was taken from its owner
    sa.Column("lease_until", sa.REAL),
    sa.Column("cancel_requested_at", sa.REAL),
    sa.Column("entry", sa.Text),  # where its code is to be found again: "module@file"; NULL where it is nowhere
    sa.Column("lost_parameters", sa.Text),  # names of those that `parameters` only has for people; NULL for none
    sa.Column("value", sa.Text),  # JSON of its value where that is small; NULL where it is not here
)
# Lists are newest first; what is not a task called outside any flow is the usual list and has its own index.
sa.Index("ix_flow_runs_newest", flow_runs.c.created_at)
sa.Index("ix_flow_runs_listed", flow_runs.c.created_at, sqlite_where=sa.text("kind <> 'task'"))
sa.Index("ix_flow_runs_serial", flow_runs.c.flow, flow_runs.c.serial)
sa.Index("ix_flow_runs_name", flow_runs.c.name)
sa.Index("ix_flow_runs_parent", flow_runs.c.parent_run_id, sqlite_where=sa.text("parent_run_id IS NOT NULL"))
sa.Index("ix_flow_runs_unfinished", flow_runs.c.created_at, sqlite_where=sa.text("ended_at IS NULL"))

task_runs = sa.Table(
    "task_runs",
    metadata,
    sa.Column("flow_run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("number", sa.Integer, primary_key=True, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("upstreams", sa.Text, nullable=False),
    sa.Column("map_id", sa.Integer, nullable=False),
    sa.Column("map_index", sa.Integer, nullable=False),
    sa.Column("parent", sa.Integer, nullable=False),
    *_state_columns(),
    sa.Column("version", sa.Text),  # of the task's code
    sa.Column("digest", sa.Integer),  # of the call's plain arguments
    sa.Column("value", sa.Text),  # JSON of its value where that is small; NULL where it is not here
    sqlite_with_rowid=False,
)

# What a task run's own row does not tell: see `store.fold` and `store.told`.
states = sa.Table(
    "states",
    metadata,
    sa.Column("flow_run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("number", sa.Integer, primary_key=True, nullable=False),
    sa.Column("version", sa.Integer, primary_key=True, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("message", sa.Text),  # NULL when empty
    sa.Column("at", sa.REAL, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

failures = sa.Table(
    "failures",
    metadata,
    sa.Column("flow_run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("number", sa.Integer, primary_key=True, nullable=False),
    sa.Column("attempt", sa.Integer, primary_key=True, nullable=False),
    sa.Column("error_type", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("traceback", sa.Text, nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
)

results = sa.Table(
    "results",
    metadata,
    sa.Column("flow_run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("number", sa.Integer, primary_key=True, nullable=False),
    sa.Column("attempt", sa.Integer, primary_key=True, nullable=False),
    sa.Column("at", sa.REAL, nullable=False),
    sa.Column("cache_key", sa.Text),  # NULL where later runs cannot find it
    sa.Column("expires_at", sa.REAL),  # NULL: never
    sa.Column("serializer", sa.Text, nullable=False),
    sa.Column("inline", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
)
sa.Index("ix_results_cache_key", results.c.cache_key, results.c.at, sqlite_where=sa.text("cache_key IS NOT NULL"))

logs = sa.Table(
    "logs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, nullable=False),
    sa.Column("flow_run_id", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", sa.REAL, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("logger", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)
sa.Index("ix_logs_flow_run", logs.c.flow_run_id, logs.c.id)

artifacts = sa.Table(
    "artifacts",
    metadata,
    sa.Column("flow_run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("at", sa.REAL, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  # empty for none
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),  # a file in the run's folder, or a link's URL
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("progress", sa.REAL),  # NULL for all other kinds
)
