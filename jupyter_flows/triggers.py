"""Triggers, for ``@task(trigger=...)``: whether a task may run, told by how its upstreams ended."""

from __future__ import annotations

from jupyter_flows.engine.triggers import (
    all_done_min_one_success,
    all_failed,
    all_finished,
    all_skipped,
    all_successful,
    always_run,
    any_failed,
    any_successful,
    manual_only,
    none_failed,
    none_failed_min_one_success,
    none_skipped,
    not_all_skipped,
    one_done,
    one_failed,
    one_success,
    some_failed,
    some_successful,
)

__all__ = [
    "all_done_min_one_success",
    "all_failed",
    "all_finished",
    "all_skipped",
    "all_successful",
    "always_run",
    "any_failed",
    "any_successful",
    "manual_only",
    "none_failed",
    "none_failed_min_one_success",
    "none_skipped",
    "not_all_skipped",
    "one_done",
    "one_failed",
    "one_success",
    "some_failed",
    "some_successful",
]
