"""`jupyter flows resume`."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace

from jupyter_flows.authoring.resuming import check_taken_up
from jupyter_flows.authoring.targets import find_recorded
from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.deployed_place import enter_place, reopened, slots_held
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.giving_input import give_typed, waits_in_process
from jupyter_flows.cli.listing import title
from jupyter_flows.cli.plan_as_json import plan_json
from jupyter_flows.cli.prints import prints_aside
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.running_flow import drive, tell_end
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import CannotResume
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.services.deployed_run import deployed_run
from jupyter_flows.services.recovery import ResumePlan, told
from jupyter_flows.wiring import current_settings


def resume(options: Namespace, screen: Screen) -> int:
    """Run the next attempt of a run, in this process; let a paused one go on where it waits."""
    with opened_store(current_settings()) as store:
        run = store.flow_run(options.run)
        if not options.dry_run:
            give_typed(store, run, options)
    if waits_in_process(run):
        return _tell_word(run, screen, options.json)
    if run.kind == "notebook":
        if options.only:
            raise CannotResume(run.name, "its cells go on from the first one that failed; leave --only out")
        from jupyter_flows.cli.resuming_notebook import resume_a_notebook

        return resume_a_notebook(run, options, screen)
    with prints_aside(options.json):
        of = deployed_run(run.id)
        if of is not None:
            enter_place(of)
        flow = find_recorded(run if of is None else replace(run, entry=of.entry))
        plan = flow.plan_resume(run.id, options.again, options.only)
    if options.dry_run:
        return _tell_plan(plan, screen, options.json)
    with prints_aside(options.json):
        for line in told(plan):
            print(escaped(line.text), file=sys.stderr)
        handle, opening = reopened(flow, plan, of)
        with slots_held(handle.session, of):
            interrupted = drive(flow, handle, opening)
        call = handle.call
        if call is not None and call.state is not None:
            check_taken_up(handle, call.state)
    return tell_end(flow, handle, screen, interrupted, options.json)


def _tell_word(run: FlowRun, screen: Screen, as_json: bool) -> int:
    if as_json:
        screen.json({"run": run_json(run), "resumed": True})
    else:
        screen.line(Cell(title(run), "bold"), f"  {run.id} goes on in its process")
    return GOOD


def _tell_plan(plan: ResumePlan, screen: Screen, as_json: bool) -> int:
    if as_json:
        screen.json(plan_json(plan))
    else:
        for line in told(plan):
            screen.line(escaped(line.text))
    return GOOD


__all__ = ["resume"]
