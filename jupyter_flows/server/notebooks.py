"""What a notebook takes, for the form that runs or schedules it."""

from __future__ import annotations

from typing import Any

from jupyter_flows.cli.parameters import parameter_json, why_none
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.notebooks.cell_plan import plan_cells
from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.parameters import declared_parameters
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.shapes.deployments import NotebookParameters
from jupyter_flows.server.shapes.queries import ParametersQuery
from jupyter_flows.server.site_paths import notebook_in_root


def notebook_parameters(asked: Asked[ParametersQuery, None]) -> NotebookParameters:
    """Say what a notebook takes; nothing is run."""
    query, site = asked.query, asked.site
    path = notebook_in_root(site.root, query.path)
    document = load_notebook(path, query.kernel)
    declared = declared_parameters(document)
    told: dict[str, Any] = {
        "path": query.path.lstrip("/"),
        "name": plain(document.name, 200),
        "kernel": document.kernel_name,
        "parameters": [parameter_json(one) for one in declared],
        "explanation": "" if declared else why_none(document),
        "deployments": [],
        "usual_seconds": None,
        "task_cells": len(plan_cells(document).tasks),
    }
    if site.door.is_there:  # to look at a notebook makes no store
        told |= _known(asked, str(path), document.name)
    return NotebookParameters.model_validate(told)


def _known(asked: Asked[ParametersQuery, None], target: str, flow: str) -> dict[str, Any]:
    from jupyter_flows.store.ongoing_runs import OngoingRuns

    door = asked.site.door
    usual = OngoingRuns(door.sql()).usual(flow)
    with door.deployments() as store:
        names = [one.definition.name for one in store.all() if one.definition.target == target]
    return {"deployments": names, "usual_seconds": None if usual is None else usual.seconds}


__all__ = ["notebook_parameters"]
