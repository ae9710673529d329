"""Opening flow runs: the one place where an author meets the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.drivers.task_runners import TaskRunner
from jupyter_flows.engine.attempt import Post
from jupyter_flows.model.commands import RunHooks, Settle, StartAttempt, StopAttempt
from jupyter_flows.model.events import AttemptEnded, FlowCalled, Outcome
from jupyter_flows.model.records import FlowRunCreated
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import completed
from jupyter_flows.wiring import current_session, parent_run_of_process


def open_flow_run(
    spec: FlowSpec,
    code: UserCode,
    task_runner: TaskRunner,
    *,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    parameters_json: str = "{}",
    name: Callable[[str], str] | None = None,
    directory: str | None = None,
    parent_run_id: str | None = None,
) -> tuple[FlowRunHandle, Post]:
    """Make the handle of a new flow run, and the event that tells the session of it.

    A run that is opened inside another one is its child.

    Parameters
    ----------
    name
        Makes the run's name from the default one.
    parent_run_id
        The run that this process as a whole belongs to, where no flow run is around the call.
    """
    session = current_session()
    session.open()
    frame = current_frame()
    run_id = new_run_id()
    default = f"{spec.name}-{run_id[:6]}"
    parent, number = (None, 0) if frame is None else (frame.run, frame.call.number)
    title = default if name is None else name(default)
    run = FlowRunHandle(run_id, title, spec, session, task_runner, parent, number)
    run.parameters = parameters or {}
    run.directory = directory
    run.started_at = session.clock.time()
    run.log_prints = bool(code.log_prints) if code.log_prints is not None else parent is not None and parent.log_prints
    run.call = Call(run, 0, spec, code, args, kwargs or {}, title)
    outer = parent_run_id or parent_run_of_process()
    created = FlowRunCreated(
        run_id,
        title,
        spec.name,
        spec.kind,
        spec.version,
        parameters_json,
        spec.tags,
        outer if parent is None else parent.id,
        number,
        directory,
        session.owner,
        run.started_at,
    )
    return run, Post(FlowCalled, (created, run.call))


class NobodyPlace:
    """A flow run without code of its own: it holds task runs that were submitted outside any flow."""

    def __init__(self, call: Call) -> None:
        self.call = call

    def start(self, order: StartAttempt) -> None:
        """There is nothing to start: `close_detached` tells the end."""

    def hooks(self, order: RunHooks) -> None:
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
