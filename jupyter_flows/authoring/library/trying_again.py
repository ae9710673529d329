"""Whether another try may help: the error itself says so."""

from __future__ import annotations

from typing import Any

from jupyter_flows.model.states import State


def where_later_may_help(_task: Any, _run: Any, state: State) -> bool:
    """Decide a retry: not where an error says by its ``again`` that the next try would end like this one."""
    return bool(getattr(state.result(raise_on_failure=False), "again", True))


__all__ = ["where_later_may_help"]
