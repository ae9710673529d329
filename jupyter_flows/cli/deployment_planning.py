"""From what was typed to a deployment that can be checked; nothing is written."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.authoring.deploying import Deployment
from jupyter_flows.authoring.targets import AnyFlow, find_flow, is_notebook
from jupyter_flows.cli.declared_defaults import declared_defaults
from jupyter_flows.cli.prints import prints_aside
from jupyter_flows.cli.typed_values import as_named, typed_like, typed_values, with_references
from jupyter_flows.model.secret_reference import SecretReference
from jupyter_flows.notebooks.json_values import to_json
from jupyter_flows.schedules import Clock

_TEMPLATE = re.compile(r"\{(tick|previous_tick|today|yesterday)\b")
_SAME = ("description", "retries", "env_file", "source", "max_active", "priority", "catchup", "overlap")
_LISTS = ("tags", "artifacts", "limits", "notify")


def typed_deployment(options: Namespace, clocks: Sequence[Clock]) -> Deployment:
    """Make the deployment of a target with what was typed for it; its `plan` checks it.

    Raises
    ------
    JupyterFlowsError
        The target leads nowhere, or a parameter is no value of its type.
    """
    typed = vars(options)
    given: dict[str, Any] = {name: typed[name] for name in _SAME if typed[name] is not None}
    given |= {name: typed[name] for name in _LISTS if typed[name]}
    seconds = {"timeout_seconds": options.timeout, "cell_timeout_seconds": options.cell_timeout}
    given |= {name: value for name, value in seconds.items() if value is not None}
    if options.retry_delay is not None:
        given["retry_delay_seconds"] = options.retry_delay.total_seconds()
    if options.kernel is not None:
        given["kernel"] = options.kernel
    if options.allow_secret_looking:
        given["allow_secret_looking"] = True
    subject, parameters = typed_subject(options.target, options.parameters)
    return Deployment(options.name, subject, schedule=list(clocks), parameters=parameters, **given)


def typed_subject(target: str, pairs: Sequence[tuple[str, str]]) -> tuple[AnyFlow | Path, dict[str, Any]]:
    """Find what a target names, and read the parameters that were typed for it.

    Raises
    ------
    TargetError, ParameterError
    """
    if is_notebook(target):
        path = Path(target)
        return path, notebook_values(as_named(path.name, pairs))
    with prints_aside(True):
        flow = find_flow(target)
    return flow, flow_values(flow, as_named(flow.name, pairs))


def notebook_values(texts: Mapping[str, str]) -> dict[str, Any]:
    """Read texts for a notebook, which reads them by its own types; JSON objects and lists may hold templates."""
    return {name: _contained(value) for name, value in with_references(texts).items()}


def flow_values(flow: AnyFlow, texts: Mapping[str, str]) -> dict[str, Any]:
    """Read texts as a flow's parameters want them, as they can be stored; those that ask for the tick stay texts.

    Raises
    ------
    ParameterError
    """
    values = notebook_values(texts)
    plain = {name: text for name, text in texts.items() if not isinstance(values[name], SecretReference)}
    plain = {name: text for name, text in plain.items() if not _TEMPLATE.search(text)}
    if isinstance(flow, DeclaredFlow):
        read = typed_like(flow.name, declared_defaults(flow), plain)
    else:
        read = typed_values(flow.name, flow.fn, plain)
    return values | {name: _storable(value, plain[name]) for name, value in read.items()}


def _contained(value: str | SecretReference) -> Any:
    """What a text holds as JSON where that is an object or a list: its braces are none of a template."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            found: object = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return found if isinstance(found, dict | list) else value
    return value


def _storable(value: Any, text: str) -> Any:
    """The value where JSON can hold it; else what was typed, which each run reads again."""
    try:
        return to_json(value, convert=True)
    except (TypeError, RecursionError):
        return text


__all__ = ["flow_values", "notebook_values", "typed_deployment", "typed_subject"]
