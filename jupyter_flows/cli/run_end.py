"""How a run that has just ended is told: its line, its result, or why it failed."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.exits import GOOD, NOT_COMPLETED
from jupyter_flows.cli.explaining import plain_sentence, print_why
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import StoreError
from jupyter_flows.graph.durations import duration_words
from jupyter_flows.model.states import State
from jupyter_flows.services.causes import find_cause
from jupyter_flows.wiring import current_settings

if TYPE_CHECKING:
    from jupyter_flows.drivers.flow_runs import FlowRunHandle

_MOST_CHARACTERS = 2000


def exit_status(state: State) -> int:
    """0 only for a run that completed; trouble with the store is raised as what it is."""
    if isinstance(state.data, StoreError):
        raise state.data
    return GOOD if state.is_completed() else NOT_COMPLETED


def print_end(screen: Screen, name: str, run_id: str, state: State, seconds: float) -> None:
    """Print the last line of a run: state, name, time, id."""
    screen.line(screen.state(state), "  ", Cell(name, "bold"), Cell(f"  {duration_words(seconds)}  {run_id}", "dim"))


def print_result(screen: Screen, value: Any) -> None:
    """Print what a flow returned, in one line."""
    if value is not None:
        from jupyter_flows.drivers.tracebacks import short_repr

        plain, text = as_plain_json(value)
        shown = json.dumps(plain, ensure_ascii=False) if text is None else short_repr(value)
        screen.line(Cell("  result  ", "dim"), shown[:_MOST_CHARACTERS])


def as_plain_json(value: Any) -> tuple[Any, str | None]:
    """A value that JSON can hold and None; else None and the value's shortened repr."""
    from jupyter_flows.drivers.tracebacks import short_repr

    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None, short_repr(value)
    return value, None


def print_failure(run_id: str) -> None:
    """Say on standard error why a run did not complete."""
    with opened_store(current_settings()) as store:
        run = store.flow_run(run_id)
        print_why(find_cause(store, run), plain_sentence(run, store, time.time()), Screen(sys.stderr))


def end_json(run_id: str, state: State) -> dict[str, Any]:
    """A run that has ended as JSON, with its result."""
    if isinstance(state.data, StoreError):
        raise state.data
    with opened_store(current_settings()) as store:
        described = run_json(store.flow_run(run_id))
    value = state.data if state.is_completed() else None
    described["result"], described["result_repr"] = as_plain_json(value)
    return described


def seconds_of(run: FlowRunHandle, state: State) -> float:
    """How long a run took."""
    return max(0.0, state.at - run.started_at)
