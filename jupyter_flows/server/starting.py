"""Beginning runs: a notebook once, a run again with the same parameters, a deployment now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_flows.cli.as_json import parameters_of
from jupyter_flows.cli.overview_as_json import origin_json
from jupyter_flows.errors import DeploymentNotFound, ParameterError, RequestRefused, RunRefused
from jupyter_flows.model.deployments import Deployment
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.secret_looking import looks_secret
from jupyter_flows.model.secret_reference import as_reference, referred
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.children import Child
from jupyter_flows.server.resuming import complaint_of
from jupyter_flows.server.run_detail import notebook_of
from jupyter_flows.server.run_shapes import origins_of, run_shape, run_shapes
from jupyter_flows.server.shapes.deployments import Queued, RunForm
from jupyter_flows.server.shapes.queries import Nothing
from jupyter_flows.server.shapes.runs import Started, StartForm
from jupyter_flows.server.site_paths import notebook_in_root
from jupyter_flows.services.deployed_parameters import json_parameters
from jupyter_flows.services.notebook_choices import kept_choices, kept_kernel
from jupyter_flows.services.notebook_run import prepare_notebook
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.services.subjects import NOTEBOOK, notebook_subject

_BEGINS_IN = 15.0  # seconds


def start_notebook(asked: Asked[Nothing, StartForm]) -> Started:
    """Run a notebook once, in a process of its own; its parameters are checked before anything starts."""
    form = asked.form
    path = notebook_in_root(asked.site.root, form.path)
    _refuse_secret_looking(path.name, form.parameters)
    order = {
        "path": str(path),
        "parameters": form.parameters,
        "kernel": form.kernel,
        "timeout_seconds": form.timeout_seconds,
        "cell_timeout_seconds": form.cell_timeout_seconds,
        "parallel": form.parallel,
    }
    return _begin_notebook(asked, order)


def repeat(asked: Asked[Nothing, None]) -> Started:
    """Begin a new run with the same parameters."""
    site = asked.site
    run = site.door.reader().flow_run(asked.run)
    origin = origins_of(site.door, [run]).get(run.id)
    if origin is not None:
        try:
            with site.door.deployments() as store:
                deployment = store.get(origin.queued.deployment_id)
            return Started(run=_queued(asked, deployment, parameters_of(run)).run)
        except DeploymentNotFound:
            pass  # it was deleted: what it ran may still be there
    if run.lost_parameters:
        why = f"of its parameters {', '.join(run.lost_parameters)} only a text is known; run it where they are made"
        raise RunRefused(run.name, "repeated", why)
    if run.kind == "notebook" and (path := notebook_of(run)):
        choices = kept_choices(run.directory)
        return _begin_notebook(
            asked,
            {
                "path": path,
                "parameters": parameters_of(run),
                "kernel": kept_kernel(run.directory),
                "timeout_seconds": choices.timeout,
                "cell_timeout_seconds": choices.cell_timeout,
                "parallel": choices.parallel,
                "keep": list(choices.keep),
                "engine": choices.engine,
            },
        )
    return _begin_flow(asked, run)


def run_deployment(asked: Asked[Nothing, RunForm]) -> Queued:
    """Put a run of a deployment into the queue; a runner executes it."""
    with asked.site.door.deployments() as store:
        deployment = store.get(asked.ids["deployment"])
    return _queued(asked, deployment, fitting_values(deployment, asked.form.parameters))


def fitting_values(
    deployment: Deployment,
    parameters: Mapping[str, Any],
    filled: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
) -> dict[str, Any]:
    """Read the parameters that are given for runs of a deployment, on top of its own.

    Parameters
    ----------
    filled
        Fills the templates among them.

    Raises
    ------
    ParameterError
        All that does not fit a notebook; a flow's code is not imported here, and each run checks its own.
    """
    definition = deployment.definition
    _refuse_secret_looking(definition.name, parameters)
    values, problems = json_parameters(parameters)
    if values and not problems and definition.kind == NOTEBOOK:
        subject = notebook_subject(definition.target, definition.kernel)
        found = subject.problems(filled({**definition.parameters, **values}))
        problems = {name: problem for name, problem in found.items() if name in values}
    if problems:
        raise ParameterError(definition.name, problems)
    return values


def _queued(asked: Asked[Any, Any], deployment: Deployment, parameters: Mapping[str, Any]) -> Queued:
    from jupyter_flows.store.live_runners import live_runners

    site = asked.site
    with site.door.queue() as queue:
        queued = create_run(queue, deployment, at=time.time(), parameters=parameters)
    site.runner.wake()
    run = site.door.reader().flow_run(queued.run_id)
    origin = origins_of(site.door, [run])[run.id]
    told = origin_json(origin)
    assert told is not None
    return Queued.model_validate(
        {"run": run_shape(run, origin), "deployment": told, "runners": len(live_runners(site.door.sql()))}
    )


def _begin_notebook(asked: Asked[Any, Any], order: Mapping[str, Any]) -> Started:
    given = {name: as_reference(value) for name, value in order["parameters"].items()}
    # For its checks; nothing is started. What looks like a secret was asked about when it first came in.
    call = prepare_notebook(order["path"], given, order["kernel"], allow_secret_looking=True)
    return _begun(asked, asked.site.children.begin({"do": "notebook", **order}), call.document.path.name)


def _begin_flow(asked: Asked[Any, Any], run: FlowRun) -> Started:
    if not run.entry or run.parent_run_id is not None:
        raise RunRefused(run.name, "repeated", "its code is in no file that can be run by itself")
    order = {"do": "flow", "flow": run.flow, "entry": run.entry, "parameters": parameters_of(run)}
    return _begun(asked, asked.site.children.begin(order), run.flow)


def _begun(asked: Asked[Any, Any], child: Child, name: str) -> Started:
    run_id = child.run_id(_BEGINS_IN)
    if run_id is None:
        if child.wait(0.0) is not None:
            raise RequestRefused({"": complaint_of(child.said()) or f"the process of {name} ended before it began"})
        return Started(run=None)
    door = asked.site.door
    return Started(run=run_shapes(door, [door.reader().flow_run(run_id)])[0])


def _refuse_secret_looking(subject: str, parameters: Mapping[str, Any]) -> None:
    """Parameters are kept in clear; a secret is given by its name."""
    found = {
        name: f"{why}, and parameters are kept in clear; keep it with `jupyter flows secret` and give its name"
        for name, value in parameters.items()
        if referred(value) is None and (why := looks_secret(name, value)) is not None
    }
    if found:
        raise ParameterError(subject, found)


__all__ = ["fitting_values", "repeat", "run_deployment", "start_notebook"]
