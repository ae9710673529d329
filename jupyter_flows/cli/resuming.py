"""`jupyter flows resume`."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from jupyter_flows.authoring.resuming import check_taken_up
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.prints import prints_aside
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.running_flow import drive, tell_end
from jupyter_flows.cli.screen import Screen
from jupyter_flows.cli.targets import find_recorded
from jupyter_flows.errors import CannotResume
from jupyter_flows.services.recovery import ResumePlan, told
from jupyter_flows.wiring import current_settings


def resume(options: Namespace, screen: Screen) -> int:
    """Run the next attempt of a run, in this process."""
    with opened_store(current_settings()) as store:
        run = store.flow_run(options.run)
    if run.kind not in {"flow", "task"}:
        raise CannotResume(run.name, f"it is a {run.kind}'s run; run the {run.kind} again")
    with prints_aside(options.json):
        flow = find_recorded(run)
        plan = flow.plan_resume(run.id, options.again)
        if options.dry_run:
            return _tell_plan(plan, screen, options.json)
        for line in told(plan):
            print(escaped(line.text), file=sys.stderr)
        handle, opening = flow.reopen(plan)
        interrupted = drive(flow, handle, opening)
        call = handle.call
        if call is not None and call.state is not None:
            check_taken_up(handle, call.state)
    return tell_end(flow, handle, screen, interrupted, options.json)


def _tell_plan(plan: ResumePlan, screen: Screen, as_json: bool) -> int:
    if as_json:
        screen.json(plan_json(plan))
    else:
        for line in told(plan):
            screen.line(escaped(line.text))
    return GOOD


def plan_json(plan: ResumePlan) -> dict[str, Any]:
    """The next attempt of a run, before it starts, for programs."""
    return {
        "id": plan.run.id,
        "name": plan.run.name,
        "attempt": plan.run.attempts + 1,
        "reused": [{"number": one.number, "name": one.name} for one in plan.reused],
        "again": [{"number": one.run.number, "name": one.run.name, "reason": one.reason} for one in plan.again],
        "changed": list(plan.changed),
    }


__all__ = ["plan_json", "resume"]
