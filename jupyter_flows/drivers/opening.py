"""Opening a flow run: the one place where its authors meet the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.drivers.session import Session
from jupyter_flows.drivers.task_runners import TaskRunner
from jupyter_flows.engine.attempt import Post
from jupyter_flows.model.events import FlowCalled
from jupyter_flows.model.records import FlowRunCreated
from jupyter_flows.model.specs import FlowSpec


def open_run(
    session: Session,
    spec: FlowSpec,
    code: UserCode,
    task_runner: TaskRunner,
    *,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    parameters_json: str = "{}",
    name: Callable[[str], str] | None = None,
    run_id: str | None = None,
    directory: str | None = None,
    parent_run_id: str | None = None,
) -> tuple[FlowRunHandle, Post]:
    """Make the handle of a new flow run, and the event that tells the session of it.

    A run that is opened inside another one is its child.

    Parameters
    ----------
    name
        Makes the run's name from the default one.
    run_id
        Drawn before, where something had to be named by it; a new one otherwise.
    parent_run_id
        The run that this process as a whole belongs to, where no flow run is around the call.
    """
    session.open()
    frame = current_frame()
    run_id = run_id or new_run_id()
    default = f"{spec.name}-{run_id[:6]}"
    parent, number = (None, 0) if frame is None else (frame.run, frame.call.number)
    title = default if name is None else name(default)
    run = FlowRunHandle(run_id, title, spec, session, task_runner, parent, number)
    run.parameters = parameters or {}
    run.directory = directory
    run.started_at = session.clock.time()
    run.log_prints = bool(code.log_prints) if code.log_prints is not None else parent is not None and parent.log_prints
    run.call = Call(run, 0, spec, code, args, kwargs or {}, title)
    created = FlowRunCreated(
        run_id,
        title,
        spec.name,
        spec.kind,
        spec.version,
        parameters_json,
        spec.tags,
        parent_run_id if parent is None else parent.id,
        number,
        directory,
        session.owner,
        run.started_at,
    )
    return run, Post(FlowCalled, (created, run.call))
