"""A deployment's definition as JSON text, for the store and for its digest; equal ones give equal text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, cast

from jupyter_flows.model.deployments import DeploymentDefinition, ScheduleDefinition

_NAMES = frozenset(one.name for one in fields(DeploymentDefinition))
_TUPLES = ("tags", "artifacts", "limits")


def definition_text(definition: DeploymentDefinition) -> str:
    """Return a definition as JSON text that `read_definition` reads back.

    Raises
    ------
    TypeError, ValueError
        For parameters that are no JSON values.
    """
    return json.dumps(asdict(definition), sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_definition(text: str) -> DeploymentDefinition:
    """Return the definition of a text that `definition_text` wrote; fields that this version does not know are left."""
    told = cast("dict[str, Any]", json.loads(text))
    given = {name: value for name, value in told.items() if name in _NAMES}
    for name in _TUPLES:
        given[name] = tuple(given.get(name, ()))
    schedules = cast("list[Mapping[str, Any]]", given.get("schedules", []))
    given["schedules"] = tuple(ScheduleDefinition(**one) for one in schedules)
    return DeploymentDefinition(**given)


__all__ = ["definition_text", "read_definition"]
