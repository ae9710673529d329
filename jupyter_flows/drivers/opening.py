"""Opening a flow run: the one place where its authors meet the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.earlier_runs import EarlierRuns
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.drivers.session import Session
from jupyter_flows.drivers.task_runners import TaskRunner
from jupyter_flows.engine.attempt import Post
from jupyter_flows.model.events import Earlier, FlowCalled, FlowResumed
from jupyter_flows.model.records import FlowRunCreated, FlowRunTakenUp
from jupyter_flows.model.runs import FlowRun
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
    lost_parameters: tuple[str, ...] = (),
    name: Callable[[str], str] | None = None,
    run_id: str | None = None,
    directory: str | None = None,
    parent_run_id: str | None = None,
) -> tuple[FlowRunHandle, Post]:
    """Make the handle of a new flow run, and the event that tells the session of it.

    A run that is opened inside another one is its child.

    Parameters
    ----------
    lost_parameters
        Names of those that ``parameters_json`` has only a text of.
    name
        Makes the run's name from the default one.
    run_id
        Drawn before, where something had to be named by it; a new one otherwise.
    parent_run_id
        The run that this process as a whole belongs to, where no flow run is around the call.
    """
    run_id = run_id or new_run_id()
    default = f"{spec.name}-{run_id[:6]}"
    run = _handle(session, spec, code, task_runner, run_id, default if name is None else name(default))
    call = _give(run, code, args, kwargs, parameters)
    run.directory = directory
    created = FlowRunCreated(
        run_id,
        run.name,
        spec.name,
        spec.kind,
        spec.version,
        parameters_json,
        spec.tags,
        parent_run_id if run.parent is None else run.parent.id,
        run.parent_number,
        directory,
        session.owner,
        run.started_at,
        spec.entry,
        lost_parameters,
    )
    return run, Post(FlowCalled, (created, call))


def reopen_run(
    session: Session,
    spec: FlowSpec,
    code: UserCode,
    task_runner: TaskRunner,
    *,
    known: FlowRun,
    stood: Earlier,
    earlier: EarlierRuns,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
) -> tuple[FlowRunHandle, Post]:
    """Make the handle of the next attempt of a flow run, and the event that tells the session of it.

    Parameters
    ----------
    known
        The run, as it was read.
    stood
        How it stood then; somebody who takes it up meanwhile wins.
    earlier
        Its task runs.
    """
    run = _handle(session, spec, code, task_runner, known.id, known.name)
    call = _give(run, code, args, kwargs, parameters)
    run.directory = known.directory
    run.take_up(earlier)
    call.earlier = stood
    taken = FlowRunTakenUp(known.id, stood.version, session.owner, run.started_at, known.flow)
    return run, Post(FlowResumed, (taken, stood, earlier.skipped, call, earlier.failed))


def _handle(
    session: Session, spec: FlowSpec, code: UserCode, task_runner: TaskRunner, run_id: str, title: str
) -> FlowRunHandle:
    session.open()
    frame = current_frame()
    parent, number = (None, 0) if frame is None else (frame.run, frame.call.number)
    run = FlowRunHandle(run_id, title, spec, session, task_runner, parent, number)
    run.started_at = session.clock.time()
    run.log_prints = bool(code.log_prints) if code.log_prints is not None else parent is not None and parent.log_prints
    return run


def _give(
    run: FlowRunHandle,
    code: UserCode,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    parameters: dict[str, Any] | None,
) -> Call:
    run.parameters = parameters or {}
    run.call = Call(run, 0, run.spec, code, args, kwargs or {}, run.name)
    return run.call


__all__ = ["open_run", "reopen_run"]
