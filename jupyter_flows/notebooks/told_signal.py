"""A signal that a task cell raised (`Skipped`, `Retry`, `Paused`, …), told by its kernel to who executes the notebook.

The kernel is asked after an error, by an expression that imports nothing where no signal can have been raised. Its
class tells what it means, not its name: a user's own subclass counts, another class of the same name does not.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from jupyter_flows.engine.attempt import raised
from jupyter_flows.errors import RunPaused
from jupyter_flows.model.events import Outcome
from jupyter_flows.model.exact_json import small_json
from jupyter_flows.model.signals import Signal
from jupyter_flows.model.states import State, StateKind
from jupyter_flows.notebooks.kernel_answer import Answer, content_of

_MOST_CHARACTERS = 500
_FLAGS = ("may_retry", "again", "explicit", "loop")


def signal_question(error_name: str) -> str:
    """The expression to evaluate after an error of that name."""
    ask = f"__import__({__name__!r}, fromlist=['_']).signal_answer({error_name!r})"
    return f"{ask} if {Signal.__module__!r} in __import__('sys').modules else None"


def signal_answer(error_name: str) -> Answer | None:
    """Inside the kernel: what the last error means, where it is a signal of that name."""
    error = getattr(sys, "last_value", None)
    return None if type(error).__name__ != error_name else told_signal(error)


def told_signal(error: object) -> Answer | None:
    """Tell what an error means as the end of an attempt; None where it is no signal."""
    if not isinstance(error, Signal | RunPaused):
        return None
    outcome = raised(error, time.time())
    state = outcome.state
    value = small_json(error.data) if isinstance(error, Signal) and outcome.loop else None
    told = {"kind": state.kind.value, "name": str(state.name), "message": str(state.message)[:_MOST_CHARACTERS]}
    return Answer(
        {**told, **{name: getattr(outcome, name) for name in _FLAGS}, "retry_at": outcome.retry_at, "value": value}
    )


def signal_of(bundle: Mapping[str, Any] | None) -> Outcome | None:
    """Read what `signal_answer` told; None for anything else: what comes from a kernel is hostile."""
    content = content_of(bundle)
    if content is None:
        return None
    try:
        state = State(StateKind(content["kind"]), str(content["name"])[:50], str(content["message"]), time.time())
        may_retry, again, explicit, loop = (bool(content[name]) for name in _FLAGS)
        at = None if content["retry_at"] is None else float(content["retry_at"])
    except (KeyError, TypeError, ValueError):
        return None
    return Outcome(state, may_retry, again, at, explicit, loop=loop, value=_json_text(content.get("value")))


def _json_text(told: object) -> str | None:
    if not isinstance(told, str):
        return None
    try:
        json.loads(told)
    except (ValueError, RecursionError):
        return None
    return told


__all__ = ["signal_answer", "signal_of", "signal_question", "told_signal"]
