"""A run of a graph: its parameters, its flow run, and how that ended."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.authoring.declared.states import GraphState
from jupyter_flows.authoring.declared.walk import Walk
from jupyter_flows.authoring.parameters import parameters_json
from jupyter_flows.authoring.runs import open_flow_run
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.threads import run_in_caller
from jupyter_flows.engine.attempt import Post
from jupyter_flows.errors import ParameterError
from jupyter_flows.wiring import make_task_runner

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow


def run_graph(graph: DeclaredFlow, given: Mapping[str, Any]) -> GraphState:
    """Run a graph that has been validated.

    Raises
    ------
    ParameterError
        Before anything runs.
    """
    run, opening, walk = open_graph_run(graph, given)
    with Terminable() if current_frame() is None else nullcontext():
        state = run_in_caller(cast("Call", run.call), opening)
    graph.close_own_runner(run)
    return GraphState(state.kind, state.name, state.message, state.at, state.data, walk.states(), run.id)


def open_graph_run(
    graph: DeclaredFlow, given: Mapping[str, Any], timeout_seconds: float = 0.0
) -> tuple[FlowRunHandle, Post, Walk]:
    """Check the parameters and make the handle of a new run, with the event that begins it and its code.

    Parameters
    ----------
    timeout_seconds
        Time limit of the run; none when 0.

    Raises
    ------
    ParameterError
    """
    values = _values(graph, given)
    options = graph.options
    walk = Walk(graph, values)
    hooks = {which: hooks for which, hooks in options.hooks.items() if hooks}
    run, opening = open_flow_run(
        replace(graph.spec, timeout_seconds=timeout_seconds) if timeout_seconds else graph.spec,
        UserCode(walk, graph, "sync", options.log_prints, None, hooks),
        make_task_runner(options.task_runner),
        parameters=values,
        parameters_json=parameters_json(values) if values else "{}",
    )
    return run, opening, walk


def _values(graph: DeclaredFlow, given: Mapping[str, Any]) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in graph.parameters()}
    listed = ", ".join(known) or "none"
    problems = {name: f"no such parameter; this flow has: {listed}" for name in given if name not in known}
    problems |= {
        name: "a value is needed" for name, parameter in known.items() if parameter.required and name not in given
    }
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        if name not in problems:
            try:
                values[name] = parameter.read(given[name]) if name in given else parameter.default
            except ValueError as problem:
                problems[name] = str(problem)
    if problems:
        raise ParameterError(graph.name, problems)
    return values
