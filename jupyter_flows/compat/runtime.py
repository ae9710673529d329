"""Facts about the present run, under names that may be imported before there is one."""

from __future__ import annotations

from typing import Any

from jupyter_flows import runtime


class _Present:
    """What `jupyter_flows.runtime` has under a name whenever it is asked; each fact is None where there is no run."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, fact: str) -> Any:
        fact = _WORDS.get(fact, fact)
        if fact not in runtime.RunInfo.__slots__:
            raise AttributeError(f"there is no {fact!r} of a {self._name.replace('_', ' ')}")
        found = getattr(runtime, self._name)
        return None if found is None else getattr(found, fact)


_WORDS = {"scheduled_start_time": "scheduled_at", "flow_version": "version", "parent_flow_run_id": "parent_run_id"}

flow_run = _Present("flow_run")
task_run = _Present("task_run")

__all__ = ["flow_run", "task_run"]
