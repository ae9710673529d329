"""What a notebook takes, for the form that runs or schedules it."""

from __future__ import annotations

from typing import Any

from jupyter_flows.cli.parameters import parameter_json, why_none
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.notebooks.cell_plan import plan_cells
from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.parameters import declared_parameters
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.run_shapes import usual_run_seconds
from jupyter_flows.server.shapes.deployments import NotebookParameters
from jupyter_flows.server.shapes.queries import ParametersQuery
from jupyter_flows.server.site_paths import notebook_in_root
from jupyter_flows.server.store_door import StoreDoor


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
        "deployments": _deployments_of(site.door, str(path)),
        "usual_seconds": usual_run_seconds(site.door, document.name),
        "task_cells": len(plan_cells(document).tasks),
    }
    return NotebookParameters.model_validate(told)


def _deployments_of(door: StoreDoor, target: str) -> list[str]:
    if not door.is_there:  # to look at a notebook makes no store
        return []
    with door.deployments() as store:
        return [one.definition.name for one in store.all() if one.definition.target == target]


__all__ = ["notebook_parameters"]
