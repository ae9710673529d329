"""Names of runs, from templates and functions."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_flows.drivers.inputs import FutureLike

_MOST_CHARACTERS = 200


def run_name(template: str | Callable[..., str], parameters: Mapping[str, Any], fallback: str) -> str:
    """Render a run's name.

    Parameters
    ----------
    template
        ``"{day}-report"`` over the parameters, or a function of none, or of the parameters as keywords.
    fallback
        Used, with a warning, where the template cannot be rendered: a name must never end a run.
    """
    try:
        name = _call(template, parameters) if callable(template) else template.format(**parameters)
        return str(name)[:_MOST_CHARACTERS] or fallback
    except Exception as error:  # noqa: BLE001 - a user's template
        logging.getLogger("jupyter_flows").warning("run name %r cannot be made: %r", template, error)
        return fallback


def _call(function: Callable[..., str], parameters: Mapping[str, Any]) -> str:
    wanted = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted):
        return function(**parameters)
    return function(**{p.name: parameters[p.name] for p in wanted if p.name in parameters})


def element_name(task: str, element: object, index: int) -> str:
    """Name a child of a map by its input where that is short (``score[UA]``), else by its index."""
    if isinstance(element, FutureLike):  # not asked for its value: it may not have ended
        return f"{task}[{index}]"
    if isinstance(element, str) and 0 < len(element) <= 24 and element.isprintable():
        return f"{task}[{element}]"
    if isinstance(element, int | float) and not isinstance(element, bool):
        return f"{task}[{element}]"
    return f"{task}[{index}]"
