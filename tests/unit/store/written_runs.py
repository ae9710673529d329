"""Runs to write, for tests and for the processes that they start: importing this imports no pytest."""

from __future__ import annotations

from jupyter_flows.model.records import FlowRunCreated, Record, StateEntered, TaskRunCreated
from jupyter_flows.model.states import COMPLETED, PENDING, RUNNING
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_reader, open_writer
from jupyter_flows.store.liveness import this_owner

OWNER = this_owner("token")
LEASE = 4_000_000_000.0


def started(run_id: str) -> list[Record]:
    return [
        FlowRunCreated(run_id, "n", "f", "flow", "", "{}", (), None, 0, None, OWNER, 1.0),
        StateEntered(run_id, 0, 1, RUNNING, "Running", "", 1.0, 1),
    ]


def tasks(run_id: str, first: int, count: int, message: str = "") -> list[Record]:
    records: list[Record] = []
    for number in range(first, first + count):
        records += [
            TaskRunCreated(run_id, number, f"t-{number}", "m.t", "task", (), "", 0, 0, 0, 1.0),
            StateEntered(run_id, number, 1, PENDING, "Pending", "", 1.0, 0),
            StateEntered(run_id, number, 2, RUNNING, "Running", "", 2.0, 1),
            StateEntered(run_id, number, 3, COMPLETED, "Completed", message, 3.0, 1),
        ]
    return records


def counts(settings: Settings) -> dict[str, int]:
    reader = open_reader(settings)
    try:
        return reader.counts()
    finally:
        reader.close()


__all__ = ["LEASE", "OWNER", "counts", "load_settings", "open_writer", "started", "tasks", "this_owner"]
