"""Flow runs of this process: opened on its session, and those that hold task runs of nobody's."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.earlier_runs import EarlierChildren
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.opening import open_run, reopen_run
from jupyter_flows.drivers.run_of_process import occasion_of_process
from jupyter_flows.drivers.task_runners import TaskRunner
from jupyter_flows.engine.attempt import Post
from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt, StopAttempt
from jupyter_flows.model.events import AttemptEnded, Outcome
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import completed
from jupyter_flows.services.answering import let_go_on
from jupyter_flows.services.recovery import ResumePlan, told
from jupyter_flows.wiring import current_reader, current_session, parent_run_of_process


def open_flow_run(
    spec: FlowSpec, code: UserCode, task_runner: TaskRunner, **details: Any
) -> tuple[FlowRunHandle, Post]:
    """Open a run on this process's session, as a child of the run that started the process; see `open_run`."""
    details.setdefault("parent_run_id", parent_run_of_process())
    run, opening = open_run(current_session(), spec, code, task_runner, **details)
    if run.parent is None:
        run.occasion = occasion_of_process()
    return run, opening


def _give_word(run: FlowRun) -> None:
    if run.state.name == "Suspended":
        with closing(current_reader()) as reader:
            let_go_on(reader, run, time.time())


def reopen_flow_run(
    spec: FlowSpec, code: UserCode, task_runner: TaskRunner, plan: ResumePlan, **details: Any
) -> tuple[FlowRunHandle, Post]:
    """Open the next attempt of a run on this process's session; see `reopen_run`."""
    run, opening = reopen_run(
        current_session(),
        spec,
        code,
        task_runner,
        known=plan.run,
        stood=plan.stood,
        earlier=plan.earlier,
        **details,
    )
    run.earlier_children = EarlierChildren(plan.children)
    _give_word(plan.run)
    run.first_lines = tuple(told(plan))
    if run.parent is None:
        from jupyter_flows.services.deployed_run import occasion_of  # deferred: it loads what reads schedules

        run.occasion = occasion_of(plan.run.id)
    return run, opening


class NobodyPlace:
    """A flow run without code of its own: it holds task runs that were submitted outside any flow."""

    def __init__(self, call: Call) -> None:
        self.call = call

    def start(self, order: StartAttempt) -> None:
        """There is nothing to start: `close_detached` tells the end."""

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """There are no hooks."""

    def settle(self, order: Settle) -> None:
        """Publish the state."""
        self.call.settle(order.state)

    def stop(self, order: StopAttempt) -> None:
        """There is nothing to stop."""


def open_detached(spec: FlowSpec, subject: Any, task_runner: TaskRunner) -> FlowRunHandle:
    """Open a flow run for tasks that are submitted outside any flow."""
    run, opening = open_flow_run(spec, UserCode(lambda: None, subject), task_runner)
    call = run.call
    assert call is not None
    call.place = NobodyPlace(call)
    run.session.post(run, opening.kind(run.started_at, *opening.fields))
    return run


def close_detached(run: FlowRunHandle) -> None:
    """Say that nothing more will be submitted; the run ends with its last task run."""
    now = run.session.clock.time()
    run.session.post(run, AttemptEnded(now, 0, 1, Outcome(completed(now))))
