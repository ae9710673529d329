"""Parameters that are typed for one run of a deployment, checked against what it runs as it stands now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jupyter_flows.authoring.targets import find_entry
from jupyter_flows.cli.deployment_planning import flow_values, notebook_values
from jupyter_flows.cli.prints import prints_aside
from jupyter_flows.cli.typed_values import as_named, refuse_in_shell
from jupyter_flows.errors import ParameterError
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition
from jupyter_flows.schedules import resolve_parameters
from jupyter_flows.services.deployed_parameters import json_parameters
from jupyter_flows.services.subjects import NOTEBOOK, Subject, notebook_subject


def deployed_values(
    deployment: Deployment, pairs: Sequence[tuple[str, str]], *, allow_secret_looking: bool = False
) -> dict[str, Any]:
    """Read what was typed as JSON values for a run of a deployment, on top of its own parameters.

    Raises
    ------
    ParameterError
        All that does not fit.
    TargetError, NotebookError, ScheduleError
    """
    definition = deployment.definition
    texts = as_named(definition.name, pairs)
    if not texts:
        return {}
    if not allow_secret_looking:
        refuse_in_shell(definition.name, texts)
    subject, typed = _read(definition, texts)
    values, problems = json_parameters(typed)
    if not problems:
        now = datetime.fromtimestamp(time.time(), UTC)
        given = resolve_parameters({**definition.parameters, **values}, tick=now, previous_tick=now)
        problems = dict(subject.problems(given))
    if problems:
        raise ParameterError(definition.name, {name.removeprefix("parameter "): why for name, why in problems.items()})
    return values


def _read(definition: DeploymentDefinition, texts: Mapping[str, str]) -> tuple[Subject, dict[str, Any]]:
    if definition.kind == NOTEBOOK:
        return notebook_subject(definition.target, definition.kernel), notebook_values(texts)
    with prints_aside(True):
        flow = find_entry(definition.flow, definition.target)
    return flow.deployment_subject(), flow_values(flow, texts)


__all__ = ["deployed_values"]
