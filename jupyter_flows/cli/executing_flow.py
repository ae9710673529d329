"""`jupyter flows execute` for a deployed flow."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from jupyter_flows.authoring.targets import find_recorded
from jupyter_flows.cli.deployed_place import reopened
from jupyter_flows.cli.running_flow import drive
from jupyter_flows.drivers.calls import Call
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import State
from jupyter_flows.services.deployed_run import DeployedRun
from jupyter_flows.services.recovery import first_attempt, is_unbegun
from jupyter_flows.services.supervision import Supervision


def execute_flow(run: FlowRun, found: DeployedRun, supervision: Supervision) -> State:
    """Execute the next attempt of a deployed flow's run in this process; its parameters are checked anew."""
    flow = find_recorded(replace(run, entry=found.entry))
    plan = first_attempt(run) if is_unbegun(run) else flow.plan_resume(run.id)
    handle, opening = reopened(flow, plan, found)
    with supervision.over(handle.session, run.id):
        drive(flow, handle, opening, watched=False)
    return cast("State", cast("Call", handle.call).state)


__all__ = ["execute_flow"]
