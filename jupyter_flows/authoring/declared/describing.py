"""A graph in plain data that JSON can hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.placed import Edge, Placed
from jupyter_flows.drivers.tracebacks import short_repr

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow


def describe(graph: DeclaredFlow) -> dict[str, Any]:
    """See `DeclaredFlow.serialize`."""
    options = graph.options
    constants = graph.constants
    return {
        "name": graph.name,
        "description": options.description,
        "version": options.version,
        "tags": list(options.tags),
        "parameters": [_parameter(parameter) for parameter in graph.parameters()],
        "tasks": [_task(node, constants.get(node, {})) for node in graph.tasks],
        "edges": [_edge(edge) for edge in graph.edges],
        "reference_tasks": [node.slug for node in graph.reference_tasks()],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": type(parameter).__name__,
        "required": parameter.required,
        "default": _plain(parameter.default),
    }


def _task(node: Placed, constants: dict[str, Any]) -> dict[str, Any]:
    task, spec = node.task, node.spec
    return {
        "slug": node.slug,
        "name": node.name,
        "type": type(task).__name__,
        "function": task.key,
        "description": task.options.description,
        "tags": list(task.tags),
        "mapped": node.mapped,
        "nout": task.options.nout,
        "retries": spec.retry.retries,
        "retry_delay_seconds": list(spec.retry.delays),
        "timeout_seconds": spec.timeout_seconds or None,
        "trigger": str(spec.trigger) if task.code.trigger is None else getattr(task.code.trigger, "__name__", "own"),
        "skip_on_upstream_skip": task.options.skip_on_upstream_skip,
        "constants": {key: _plain(value) for key, value in constants.items()},
    }


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "upstream": edge.upstream.slug,
        "downstream": edge.downstream.slug,
        "key": edge.key,
        "mapped": edge.mapped,
        "flattened": edge.flattened,
    }


def _plain(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return short_repr(value)


__all__ = ["describe"]
