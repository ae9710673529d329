"""`jupyter flows resume` for the run of a notebook."""

from __future__ import annotations

import sys
import time
from argparse import Namespace

from jupyter_flows.cli.deployed_place import enter_place, slots_held
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.executing_notebook import deployed_choices, deployed_notebook
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.plan_as_json import plan_json
from jupyter_flows.cli.running_notebook import tell_notebook, watched_run
from jupyter_flows.cli.screen import Screen
from jupyter_flows.errors import CannotResume, LeaseLost
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.services.deployed_run import deployed_run
from jupyter_flows.services.notebook_choices import kept_choices
from jupyter_flows.services.notebook_recovery import NotebookResume, plan_notebook_resume, told_notebook
from jupyter_flows.wiring import current_reader, current_session, result_store


def resume_a_notebook(run: FlowRun, options: Namespace, screen: Screen) -> int:
    """Run the next attempt of a notebook's run."""
    of = deployed_run(run.id)
    choices, document = kept_choices(run.directory), None
    if of is not None:
        choices, document = deployed_choices(of, enter_place(of)), deployed_notebook(of)
    found = plan_notebook_resume(current_reader(), result_store, run.id, time.time(), options.again, document=document)
    if options.dry_run:
        return _tell_plan(found, screen, as_json=options.json)
    for line in told_notebook(found):
        print(escaped(line.text), file=sys.stderr)
    with slots_held(current_session(), of):
        end = watched_run(found.call, choices, as_json=options.json, attempt=found.attempt)
    if isinstance(end.state.data, LeaseLost):
        raise CannotResume(run.name, "another process has taken it up")
    return tell_notebook(found.call, end, screen, as_json=options.json)


def _tell_plan(found: NotebookResume, screen: Screen, *, as_json: bool) -> int:
    if not as_json:
        for line in told_notebook(found):
            screen.line(escaped(line.text))
        return GOOD
    screen.json({**plan_json(found.plan), "plain_cells": found.plain})
    return GOOD


__all__ = ["resume_a_notebook"]
