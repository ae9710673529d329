"""What a direct call gives: guides read it in different ways."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from jupyter_flows.errors import BadOption
from jupyter_flows.settings import CALL_RESULTS
from jupyter_flows.wiring import current_settings


class CallResult(enum.Enum):
    """What a direct call of a flow or task gives.

    The option ``call_result`` of a flow or task says so, else the setting of that name (``JUPYTER_FLOWS_CALL_RESULT``).
    """

    VALUE = "value"
    """The plain value; a failure is raised."""
    OUTCOME = "outcome"
    """The value, which also tells its state; a failure is raised. The default."""
    STATE = "state"
    """The final state; a failure is raised by its ``.result()``."""
    FUTURE = "future"
    """Of a task, a future at once, so that calls overlap. Of a flow, whose run has ended by then, its state."""


def take_call_result(what: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], CallResult | None]:
    """Return options without ``call_result``, and what it says; None where the setting decides.

    Raises
    ------
    BadOption
        It is none of the four words.
    """
    options = dict(given)
    word = options.pop("call_result", None)
    try:
        return options, None if word is None else CallResult(word)
    except ValueError:
        raise BadOption(what, "call_result", word, f"use one of {', '.join(map(repr, CALL_RESULTS))}") from None


def usual_call_result() -> CallResult:
    """Return what the settings say."""
    return CallResult(current_settings().call_result)


__all__ = ["CallResult", "take_call_result", "usual_call_result"]
