"""A run of a graph: its parameters, its flow run, and how that ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.declared.states import GraphState
from jupyter_flows.authoring.declared.walk import Walk, place_digest
from jupyter_flows.authoring.parameters import lost_parameters, parameters_json, restored_parameters
from jupyter_flows.authoring.resuming import check_taken_up, earlier_child, log_plan, plan_for
from jupyter_flows.authoring.runs import open_flow_run, reopen_flow_run
from jupyter_flows.authoring.secret import Secret
from jupyter_flows.authoring.secret_parameters import refuse_secret_looking, with_secrets
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.threads import run_in_caller
from jupyter_flows.engine.attempt import Post
from jupyter_flows.errors import ParameterError
from jupyter_flows.model.secret_reference import referred
from jupyter_flows.services.recovery import Code, GraphNode, ResumePlan
from jupyter_flows.wiring import make_task_runner

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow

# Options that a run has in Prefect 1 and not here -> what to do instead.
_CLASSIC = {
    "run_on_schedule": "a run begins now, once; leave this out",
    "executor": "choose where tasks are run by the flow's option task_runner, or by the setting of that name",
    "runner_cls": "there is one way to run a flow; leave this out",
    "task_states": "no state can be given beforehand; resume a run to go on from its task runs",
    "state": "no state can be given beforehand; resume a run to go on from it",
    "task_contexts": "give the task a parameter instead",
    "context": "give the flow a parameter instead",
    "return_tasks": "the returned state has every task: state[task]",
}


def run_graph(graph: DeclaredFlow, given: Mapping[str, Any]) -> GraphState:
    """Run a graph that has been validated.

    Raises
    ------
    ParameterError
        Before anything runs.
    """
    run, opening, walk = open_graph_run(graph, given)
    return _run(walk, run, opening)


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
    ParameterError, SecretNotFound
    """
    if not graph.options.allow_secret_looking:
        refuse_secret_looking(graph.name, given, "make the flow with allow_secret_looking=True")
    values, noted = _values(graph, given)
    walk = Walk(graph, values)
    text = parameters_json(noted) if noted else "{}"
    child = earlier_child(graph.name, text)
    if child is not None:
        return (*_reopened(walk, plan_of(graph, child.id, of_child=True), noted), walk)
    restoring = {parameter.name for parameter in graph.parameters() if type(parameter) is not Parameter}
    run, opening = open_flow_run(
        replace(graph.spec, timeout_seconds=timeout_seconds) if timeout_seconds else graph.spec,
        _user_code(walk),
        make_task_runner(graph.options.task_runner),
        parameters=_shown(noted),
        parameters_json=text,
        lost_parameters=lost_parameters(noted, restoring),
    )
    return run, opening, walk


def resume_graph(graph: DeclaredFlow, plan: ResumePlan, given: Mapping[str, Any]) -> GraphState:
    """Run the next attempt of a graph's run.

    Raises
    ------
    CannotResume
    """
    run, opening, walk = reopen_graph_run(graph, log_plan(plan), given)
    state = _run(walk, run, opening)
    check_taken_up(run, state)
    return state


def reopen_graph_run(
    graph: DeclaredFlow, plan: ResumePlan, given: Mapping[str, Any]
) -> tuple[FlowRunHandle, Post, Walk]:
    """Make the handle of a run's next attempt, with the event that begins it and its code.

    Raises
    ------
    CannotResume
    """
    values, noted = _values(graph, with_secrets(restored_parameters(graph.name, plan.run, given)))
    walk = Walk(graph, values)
    return (*_reopened(walk, plan, noted), walk)


def plan_of(
    graph: DeclaredFlow,
    run: str | None,
    again: Iterable[str] = (),
    *,
    of_child: bool = False,
    only: Iterable[int] | None = None,
) -> ResumePlan:
    """Plan the next attempt of a graph's run.

    Raises
    ------
    CannotResume, RunNotFound, AmbiguousRun
    """
    return plan_for(graph.name, run, _code(graph), again, of_child=of_child, only=only)


def _code(graph: DeclaredFlow) -> Code:
    versions = {node.task.name: node.task.spec.version for node in graph.tasks}
    nodes = [
        GraphNode((place_digest(node), place_digest(node, 0)), frozenset(one.task.name for one in node.upstreams))
        for node in graph.tasks
    ]
    return Code(graph.options.version, versions, tuple(nodes))


def _user_code(walk: Walk) -> UserCode:
    options = walk.graph.options
    hooks = {which: hooks for which, hooks in options.hooks.items() if hooks}
    return UserCode(walk, walk.graph, "sync", options.log_prints, None, hooks, handlers=options.handlers)


def _reopened(walk: Walk, plan: ResumePlan, noted: Mapping[str, Any]) -> tuple[FlowRunHandle, Post]:
    runner = make_task_runner(walk.graph.options.task_runner)
    return reopen_flow_run(walk.graph.spec, _user_code(walk), runner, plan, parameters=_shown(noted))


def _run(walk: Walk, run: FlowRunHandle, opening: Post) -> GraphState:
    with Terminable() if current_frame() is None else nullcontext():
        state = run_in_caller(cast("Call", run.call), opening)
    walk.graph.close_own_runner(run)
    return GraphState(state.kind, state.name, state.message, state.at, state.data, walk.states(), run.id)


class _Values(NamedTuple):
    """The values of parameters as tasks see them, and as they are written down: secrets by their names."""

    values: dict[str, Any]
    noted: dict[str, Any]


def _shown(noted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Secret) else value for name, value in noted.items()}


def problems_of_values(graph: DeclaredFlow, given: Mapping[str, Any]) -> dict[str, str]:
    """Say what is wrong with parameters as JSON values; those that name a secret are judged by their names alone."""
    secret = {name for name, value in given.items() if referred(value) is not None}
    try:
        _values(graph, {name: value for name, value in given.items() if name not in secret})
    except ParameterError as error:
        return {name: problem for name, problem in error.problems.items() if name not in secret}
    return {}


def _values(graph: DeclaredFlow, given: Mapping[str, Any]) -> _Values:
    known = {parameter.name: parameter for parameter in graph.parameters()}
    listed = ", ".join(known) or "none"
    unknown = f"no such parameter; this flow has: {listed}"
    if "run_on_schedule" not in known and given.get("run_on_schedule") is False:
        given = {name: value for name, value in given.items() if name != "run_on_schedule"}
    problems = {name: _CLASSIC.get(name, unknown) for name in given if name not in known}
    problems |= {
        name: "a value is needed" for name, parameter in known.items() if parameter.required and name not in given
    }
    found = {name: value.get() if isinstance(value, Secret) else value for name, value in given.items()}
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        if name not in problems:
            try:
                values[name] = parameter.read(found[name]) if name in found else parameter.default
            except ValueError as problem:
                problems[name] = str(problem)
    if problems:
        raise ParameterError(graph.name, problems)
    return _Values(values, {**values, **{name: secret for name, secret in given.items() if isinstance(secret, Secret)}})
