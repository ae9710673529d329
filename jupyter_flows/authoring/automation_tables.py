"""``[automations.NAME]`` of a file of deployments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.stored import from_json
from jupyter_flows.errors import DeploymentFileError, JupyterFlowsError
from jupyter_flows.schedules.spans import read_span

_KEYS = frozenset({"trigger", "actions", "most", "window", "description"})
_SPANS = ("within", "settle", "window")  # keys of the file, written as `15m` or in seconds


def automations_of(file: str, tables: Mapping[str, Any]) -> list[AutomationDefinition]:
    """Read the automations of a file.

    Raises
    ------
    DeploymentFileError
        With all problems at once.
    """
    made: list[AutomationDefinition] = []
    problems: dict[str, str] = {}
    for name, table in tables.items():
        try:
            made.append(_automation(name, table))
        except (JupyterFlowsError, ValueError, TypeError) as error:
            problems[f"automations.{name}"] = str(error)
    if problems:
        raise DeploymentFileError(file, problems)
    return made


def _automation(name: str, table: Any) -> AutomationDefinition:
    if not isinstance(table, Mapping):
        raise ValueError("it must be a table")  # noqa: TRY004 - a mistake in a file, told with the others
    told = dict(cast("Mapping[str, Any]", table))
    if unknown := sorted(set(told) - _KEYS):
        raise ValueError(f"there is no key {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}")
    if missing := [key for key in ("trigger", "actions") if not told.get(key)]:
        raise ValueError(f"{missing[0]} is needed")
    told["actions"] = told["actions"] if isinstance(told["actions"], list) else [told["actions"]]
    return from_json({"name": name, **cast("dict[str, Any]", _seconds(told))})


def _seconds(value: Any) -> Any:
    """Lengths of time as seconds, also within tables: ``within = "1h"`` is ``within_seconds = 3600``."""
    if isinstance(value, list):
        return [_seconds(one) for one in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, one in cast("Mapping[str, Any]", value).items():
        if key in _SPANS:
            found[f"{key}_seconds"] = _span(one)
        else:
            found[key] = one if key in {"parameters", "match"} else _seconds(one)
    return found


def _span(value: Any) -> float:
    if isinstance(value, str):
        return read_span(value).total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} should be a length of time: 5s, 15m, 1h30m, or seconds")  # noqa: TRY004
    return timedelta(seconds=value).total_seconds()


__all__ = ["automations_of"]
