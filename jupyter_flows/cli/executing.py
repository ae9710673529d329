"""`jupyter flows execute`: what a runner starts for each run of a deployment."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import closing

from jupyter_flows.cli.deployed_place import enter_place
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.run_end import exit_status
from jupyter_flows.cli.screen import Screen
from jupyter_flows.errors import CannotResume, JupyterFlowsError, LeaseLost, StoreError, TargetError
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import COMPLETED, State
from jupyter_flows.secrets.resolved import listen, redact
from jupyter_flows.services.deployed_run import DeployedRun, deployed_run
from jupyter_flows.services.lifeline import Lifeline
from jupyter_flows.services.process_group import lead_a_group
from jupyter_flows.services.recovery import check_ended, is_unbegun
from jupyter_flows.services.supervision import Supervision
from jupyter_flows.services.unstarted import end_unstarted
from jupyter_flows.services.worker import tell_secret_known
from jupyter_flows.wiring import current_reader


def execute(options: Namespace, screen: Screen) -> int:
    """Execute one run of a deployment in this process, which leads a process group of its own."""
    lead_a_group()
    lifeline = None if options.lifeline is None else Lifeline(options.lifeline)
    if lifeline is not None:
        listen(tell_secret_known)
    run_id, is_warm = options.run, False
    if run_id is None:
        if lifeline is None:
            raise TargetError("execute", "give a run, or --lifeline FD where its id will come")
        from jupyter_flows.cli.warming import end_waiting, warm_up  # only here

        warm_up(options.prepare)
        order, is_warm = lifeline.order(), True
        if order is None or not isinstance(order.get("run"), str):
            return GOOD  # nobody needs it any more
        run_id = order["run"]
        end_waiting()
    supervision = Supervision(lifeline, options.grace)
    run, found = _found(run_id)
    try:
        state = _execute(run, found, supervision, is_warm=is_warm)
    except (StoreError, CannotResume):
        raise
    except JupyterFlowsError as error:
        state = end_unstarted(run, error)
    return _told(run, state)


def _found(run_id: str) -> tuple[FlowRun, DeployedRun]:
    with closing(current_reader()) as reader:
        run = reader.flow_run(run_id)
    _check(run)
    found = deployed_run(run.id)
    if found is None:
        raise TargetError(run.name, "it is no run of a deployment; run it again, or resume it")
    if found.queued.done_at is not None:  # such as cancelled since a runner has claimed it
        why = f"it is {run.state.name}, and nothing is left to execute; resume it for another attempt"
        raise CannotResume(run.name, why)
    return run, found


def _check(run: FlowRun) -> None:
    if is_unbegun(run):
        return
    check_ended(run)
    if run.state.kind is COMPLETED:
        raise CannotResume(run.name, "it completed; nothing is left to execute")


def _execute(run: FlowRun, found: DeployedRun, supervision: Supervision, *, is_warm: bool) -> State:
    variables = enter_place(found)
    if found.definition.kind == "notebook":
        from jupyter_flows.cli.executing_notebook import execute_notebook

        return execute_notebook(run, found, variables, supervision, is_warm=is_warm)
    from jupyter_flows.cli.executing_flow import execute_flow

    return execute_flow(run, found, supervision)


def _told(run: FlowRun, state: State) -> int:
    if isinstance(state.data, LeaseLost):
        raise CannotResume(run.name, "another process has taken it up")
    if not state.is_completed():
        print(escaped(redact(f"{run.name} {state.name}: {state.message}")), file=sys.stderr)
    return exit_status(state)


__all__ = ["execute"]
