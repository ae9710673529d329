"""The store: runs, states, failures and logs, in SQLite or in memory; deployments and configuration in SQLite."""

from __future__ import annotations

from jupyter_flows.store.location import (
    open_automations,
    open_blocks,
    open_deployments,
    open_ended_runs,
    open_events,
    open_file,
    open_firings,
    open_queue,
    open_reader,
    open_result_index,
    open_slots,
    open_sql,
    open_variables,
    open_writer,
)

__all__ = [
    "open_automations",
    "open_blocks",
    "open_deployments",
    "open_ended_runs",
    "open_events",
    "open_file",
    "open_firings",
    "open_queue",
    "open_reader",
    "open_result_index",
    "open_slots",
    "open_sql",
    "open_variables",
    "open_writer",
]
