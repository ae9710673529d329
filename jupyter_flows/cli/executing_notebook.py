"""`jupyter flows execute` for a deployed notebook."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from jupyter_flows.cli.progress import PlainNotebook
from jupyter_flows.cli.screen import Screen
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.secret_reference import as_reference
from jupyter_flows.model.states import State
from jupyter_flows.notebooks.document import Document, load_notebook
from jupyter_flows.services.deployed_run import DeployedRun
from jupyter_flows.services.earlier_cells import EarlierCells
from jupyter_flows.services.notebook_recovery import plan_notebook_resume
from jupyter_flows.services.notebook_run import (
    NextAttempt,
    NotebookCall,
    NotebookChoices,
    notebook_call,
    run_notebook,
)
from jupyter_flows.services.recovery import first_attempt, is_unbegun
from jupyter_flows.services.supervision import Supervision
from jupyter_flows.wiring import current_reader, current_session, result_store


def execute_notebook(
    run: FlowRun, found: DeployedRun, variables: Mapping[str, str], supervision: Supervision, *, is_warm: bool
) -> State:
    """Execute the next attempt of a deployed notebook's run, in a fresh kernel.

    Parameters
    ----------
    variables
        Added to the kernel's environment.
    is_warm
        Whether a fork server may have a kernel ready.
    """
    call, attempt = _prepared(run, deployed_notebook(found))
    choices = replace(deployed_choices(found, variables), more_to_come=is_warm)
    with supervision.over(current_session(), run.id):
        return run_notebook(call, PlainNotebook(Screen(sys.stderr), quiet=True), choices, attempt).state


def deployed_notebook(found: DeployedRun) -> Document:
    """Read a deployed notebook: as it is now or as it was deployed, but always as the one in its own folder.

    Raises
    ------
    NotebookError
    """
    document = load_notebook(found.entry, found.definition.kernel or None)
    return replace(document, path=Path(found.definition.target)) if found.is_kept else document


def deployed_choices(found: DeployedRun, variables: Mapping[str, str]) -> NotebookChoices:
    """How a deployed notebook is run, with these variables of its deployment."""
    definition = found.definition
    return NotebookChoices(
        timeout=definition.timeout_seconds or None,
        cell_timeout=definition.cell_timeout_seconds or None,
        keep=definition.artifacts,
        environment=_with_kept_modules(found, variables) if found.is_kept else variables,
    )


def _with_kept_modules(found: DeployedRun, variables: Mapping[str, str]) -> dict[str, str]:
    """Let the kernel find the modules that were kept with the notebook, where its own folder has them no more."""
    path = variables.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    return {**variables, "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(found.entry).parent), path]))}


def _prepared(run: FlowRun, document: Document) -> tuple[NotebookCall, NextAttempt]:
    if is_unbegun(run):
        plan = first_attempt(run)
        given: dict[str, object] = json.loads(run.parameters)
        call = notebook_call(document, {name: as_reference(value) for name, value in given.items()})
        return call, NextAttempt(run, plan.stood, plan.earlier, EarlierCells())
    with closing(current_reader()) as reader:
        resumed = plan_notebook_resume(reader, result_store, run.id, time.time(), document=document)
    return resumed.call, resumed.attempt


__all__ = ["deployed_choices", "deployed_notebook", "execute_notebook"]
