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


def _process_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.Text, nullable=False),
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

deployments = sa.Table(
    "deployments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("flow", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # flow or notebook
    sa.Column("version", sa.Integer, nullable=False),  # the newest of `deployment_versions`
    sa.Column("paused", sa.Integer, nullable=False),
    sa.Column("created_at", sa.REAL, nullable=False),
    sa.Column("updated_at", sa.REAL, nullable=False),
)

# What a deployment was at each of its versions; a run keeps the version that it was made from.
deployment_versions = sa.Table(
    "deployment_versions",
    metadata,
    sa.Column("deployment_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("version", sa.Integer, primary_key=True, nullable=False),
    sa.Column("at", sa.REAL, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),  # JSON, see `model.deployments`
    sa.Column("digest", sa.Text, nullable=False),  # of definition, schedules and source
    sa.Column("snapshot", sa.Text, nullable=False),  # the kept source, a folder of the flows directory
    sa.Column("environment", sa.Text, nullable=False),  # JSON: interpreter, kernel and packages
)

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("deployment_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),  # unique in its deployment
    sa.Column("definition", sa.Text, nullable=False),  # JSON of `schedules.to_json`, with its parameters' templates
    sa.Column("catchup", sa.Text, nullable=False),
    sa.Column("overlap", sa.Text, nullable=False),
    sa.Column("paused", sa.Integer, nullable=False),
    sa.Column("created_at", sa.REAL, nullable=False),
    sa.Column("planned_at", sa.REAL, nullable=False),  # every tick up to here is decided
    sa.Column("next_at", sa.REAL),  # when its next tick is due; NULL where there is none
)
sa.Index("ix_schedules_deployment", schedules.c.deployment_id, schedules.c.name, unique=True)
sa.Index("ix_schedules_due", schedules.c.next_at, sqlite_where=sa.text("paused = 0 AND next_at IS NOT NULL"))

# What became of each tick: it has a run, or the reason why it has none.
ticks = sa.Table(
    "ticks",
    metadata,
    sa.Column("schedule_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("at", sa.REAL, primary_key=True, nullable=False),
    sa.Column("run_id", sa.Text),  # also that of another schedule's equal instant, where the two were merged
    sa.Column("outcome", sa.Text, nullable=False),  # run, merged, overlap, missed or refused
    sa.Column("reason", sa.Text),  # in words, where it has no run of its own
    sa.Column("decided_at", sa.REAL, nullable=False),
    sqlite_with_rowid=False,
)

# Flow runs that a runner is to execute, or has: made by a schedule, by hand, by a backfill or by an event.
deployment_runs = sa.Table(
    "deployment_runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("deployment_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),  # schedule, manual, backfill, event or resume
    sa.Column("schedule_id", sa.Text),
    sa.Column("tick", sa.REAL),
    sa.Column("backfill", sa.Text),  # the backfill that it belongs to
    sa.Column("due_at", sa.REAL, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),  # higher first
    sa.Column("runner_id", sa.Text),  # who has claimed it; NULL while it waits
    sa.Column("claimed_at", sa.REAL),
    sa.Column("done_at", sa.REAL),  # when nothing was left to execute
)
sa.Index(
    "ix_deployment_runs_due",
    deployment_runs.c.priority.desc(),
    deployment_runs.c.due_at,
    sqlite_where=sa.text("runner_id IS NULL AND done_at IS NULL"),
)
sa.Index("ix_deployment_runs_open", deployment_runs.c.deployment_id, sqlite_where=sa.text("done_at IS NULL"))
sa.Index("ix_deployment_runs_deployment", deployment_runs.c.deployment_id, deployment_runs.c.due_at)
sa.Index("ix_deployment_runs_backfill", deployment_runs.c.backfill, sqlite_where=sa.text("backfill IS NOT NULL"))

runners = sa.Table(
    "runners",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    *_process_columns(),
    sa.Column("workers", sa.Integer, nullable=False),
    sa.Column("started_at", sa.REAL, nullable=False),
    sa.Column("lease_until", sa.REAL, nullable=False),
    sa.Column("stopped_at", sa.REAL),
    sa.Column("serves", sa.Text),  # JSON list of deployment ids; NULL where it is there for all
)

limits = sa.Table(
    "limits",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("at", sa.REAL, nullable=False),
)

# Slots that are taken of a limit that all processes share; one of a holder that is dead is free again.
limit_slots = sa.Table(
    "limit_slots",
    metadata,
    sa.Column("limit_name", sa.Text, primary_key=True, nullable=False),
    sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("number", sa.Integer, primary_key=True, nullable=False),  # of the task run; 0 for the flow run
    sa.Column("slots", sa.Integer, nullable=False),
    *_process_columns(),
    sa.Column("lease_until", sa.REAL, nullable=False),
    sqlite_with_rowid=False,
)

# What paused and suspended runs wait for, and what they were given.
run_inputs = sa.Table(
    "run_inputs",
    metadata,
    sa.Column("flow_run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("key", sa.Text, primary_key=True, nullable=False),  # of the pause
    sa.Column("schema", sa.Text, nullable=False),  # JSON schema of what is asked for; empty for nothing
    sa.Column("asked_at", sa.REAL, nullable=False),
    sa.Column("expires_at", sa.REAL),  # when nobody waits any more; NULL: never
    sa.Column("value", sa.Text),  # JSON; NULL until it is given
    sa.Column("given_at", sa.REAL),
    sqlite_with_rowid=False,
)

variables = sa.Table(
    "variables",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # JSON
    sa.Column("tags", sa.Text, nullable=False),  # JSON list
    sa.Column("created_at", sa.REAL, nullable=False),
    sa.Column("updated_at", sa.REAL, nullable=False),
)

# Stored configuration. What is secret in a block is not here: its data names secrets that are kept elsewhere.
blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("type", sa.Text, primary_key=True, nullable=False),
    sa.Column("name", sa.Text, primary_key=True, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),  # JSON
    sa.Column("schema", sa.Text, nullable=False),  # digest of the schema that it was saved with
    sa.Column("created_at", sa.REAL, nullable=False),
    sa.Column("updated_at", sa.REAL, nullable=False),
    sqlite_with_rowid=False,
)
sa.Index("ix_blocks_name", blocks.c.name)

block_types = sa.Table(
    "block_types",
    metadata,
    sa.Column("type", sa.Text, primary_key=True, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("logo_url", sa.Text, nullable=False),
    sa.Column("home", sa.Text, nullable=False),  # where its class is: "module:Class", or the cell that defined it
    sa.Column("schema", sa.Text, nullable=False),  # JSON schema of its fields
    sa.Column("updated_at", sa.REAL, nullable=False),
)

# What happened, in the order in which it was committed. States of flow runs come here by a trigger of the database, so
# that whoever writes one writes its event with it: see migration 0007.
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, nullable=False),
    sa.Column("at", sa.REAL, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text),
    sa.Column("kind", sa.Text),  # of the state; NULL for what was emitted
    sa.Column("state", sa.Text),
    sa.Column("message", sa.Text),
    sa.Column("is_end", sa.Integer, nullable=False),
    sa.Column("payload", sa.Text),  # JSON; NULL for none
    sqlite_autoincrement=True,
)

automations = sa.Table(
    "automations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, nullable=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("definition", sa.Text, nullable=False),  # JSON, see `automations.stored`
    sa.Column("deployment_id", sa.Text),  # the one that it is a short form of; NULL for one of its own
    sa.Column("paused", sa.Integer, nullable=False),
    sa.Column("created_at", sa.REAL, nullable=False),
    sa.Column("updated_at", sa.REAL, nullable=False),
    sa.Column("since", sa.Integer, nullable=False),  # events up to this id do not count
    sa.Column("armed_at", sa.REAL),  # from when an absence is counted; NULL while nothing is expected
    sa.Column("window_at", sa.REAL, nullable=False),
    sa.Column("window_count", sa.Integer, nullable=False),
    sa.Column("held", sa.Integer, nullable=False),  # events that the window has held back
    sa.Column("last_held", sa.Text),  # JSON of the last of them
)

# One row: up to which event everything is decided, and how often that was. Of all runners one writes each next turn.
automation_turns = sa.Table(
    "automation_turns",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, nullable=False),
    sa.Column("seen", sa.Integer, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
)

# An automation that acts: the row is written with the decision, and its actions follow.
firings = sa.Table(
    "firings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, nullable=False),
    sa.Column("automation_id", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", sa.REAL, nullable=False),
    sa.Column("event", sa.Text, nullable=False),  # JSON of what happened
    sa.Column("count", sa.Integer, nullable=False),  # how many events it stands for
    sa.Column("depth", sa.Integer, nullable=False),  # how many firings led to it, itself counted
    sa.Column("actions_done", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),  # JSON list: what became of each action
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_until", sa.REAL),
    sa.Column("done_at", sa.REAL),
)
sa.Index("ix_firings_key", firings.c.automation_id, firings.c.key, unique=True)
sa.Index("ix_firings_open", firings.c.at, sqlite_where=sa.text("done_at IS NULL"))

# Which firing made a run: the run's chain of causes.
run_causes = sa.Table(
    "run_causes",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("firing_id", sa.Integer, nullable=False),
    sa.Column("depth", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Files as they were when an automation took them.
watched_files = sa.Table(
    "watched_files",
    metadata,
    sa.Column("automation_id", sa.Text, primary_key=True, nullable=False),
    sa.Column("path", sa.Text, primary_key=True, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("mtime_ns", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
