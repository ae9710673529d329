"""What runs of a deployment can be given, for a form that gives it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_flows.cli.parameters import parameter_json, why_none
from jupyter_flows.cli.stored_deployments import only_schedule
from jupyter_flows.model.deployments import StoredSchedule
from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.parameters import declared_parameters
from jupyter_flows.schedules import Schedule, from_json
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.shapes.deployments import DeploymentParameters
from jupyter_flows.server.shapes.queries import DeploymentParametersQuery
from jupyter_flows.services.subjects import NOTEBOOK

_TYPES = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}


def deployment_parameters(asked: Asked[DeploymentParametersQuery, None]) -> DeploymentParameters:
    """Say what runs of a deployment can be given; no code of it is imported."""
    with asked.site.door.deployments() as store:
        deployment = store.get(asked.ids["deployment"])
        schedules = store.schedules(deployment.id)
    definition, wanted = deployment.definition, asked.query.schedule
    meant = [] if wanted is None else only_schedule(deployment, list(schedules), wanted)
    given = {**definition.parameters, **_given_by(meant)}
    if definition.kind != NOTEBOOK:
        told = [_guessed(name, value) for name, value in given.items()]
        return DeploymentParameters.model_validate({"parameters": told, "others": True, "explanation": ""})
    document = load_notebook(definition.target, definition.kernel or None)
    declared = [parameter_json(one) for one in declared_parameters(document)]
    told = [_with_default(one, given[one["name"]]) if one["name"] in given else one for one in declared]
    explanation = "" if declared else why_none(document)
    return DeploymentParameters.model_validate({"parameters": told, "others": False, "explanation": explanation})


def _given_by(schedules: Sequence[StoredSchedule]) -> Mapping[str, Any]:
    """The parameters of the clocks, of those that differ the first."""
    found: dict[str, Any] = {}
    for source in (from_json(one.definition.source) for one in schedules):
        for clock in source.clocks if isinstance(source, Schedule) else (source,):
            found = {**clock.parameters, **found}
    return found


def _guessed(name: str, value: Any) -> dict[str, Any]:
    """A parameter of which only a value is known, which may be a template of any type."""
    kind = "" if isinstance(value, str) and "{" in value else _TYPES.get(type(value), "")
    return _with_default({"name": name, "type": kind, "choices": [], "help": ""}, value)


def _with_default(declared: Mapping[str, Any], value: Any) -> dict[str, Any]:
    source = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return {**declared, "required": False, "default": value, "default_source": source}


__all__ = ["deployment_parameters"]
