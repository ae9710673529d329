"""`run_deployment`: have a runner run a deployment, and wait for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from jupyter_flows.authoring.history import RecordedRun, find_run
from jupyter_flows.authoring.resuming import earlier_child
from jupyter_flows.authoring.secret_parameters import refuse_secret_looking
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.errors import BadOption, ParameterError
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.services.deployed_parameters import json_parameters
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.wiring import current_deployments, current_queue, current_reader, current_settings

_logger = logging.getLogger("jupyter_flows.deploy")
_SHORTEST_LOOK = 0.05  # seconds


def run_deployment(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
    scheduled_time: datetime | None = None,
    allow_secret_looking: bool = False,
) -> RecordedRun:
    """Have a runner run a deployment, and return its run once it has ended.

    Inside a flow the run is linked to that flow's run. Where the flow is resumed, a run that it had asked for before
    and that goes on or completed is waited for, instead of a second one.

    Parameters
    ----------
    name
        Of the deployment.
    parameters
        Of this run, on top of the deployment's own; dates and paths become text.
    timeout
        Seconds to wait for its end; without end when None, not at all when 0. When they have passed, the run is
        returned as it stands, and goes on.
    scheduled_time
        When it may start, aware; at once when not given.
    allow_secret_looking
        Take values that look like secrets.

    Returns
    -------
    RecordedRun
        With ``id``, ``name`` and ``state``.

    Raises
    ------
    DeploymentNotFound
        It names near names.
    ParameterError, ScheduleError
        Values that have no JSON form or look like secrets, and templates that cannot be filled.
    NeedsStoreFile, StoreUnavailable
    """
    if timeout is not None and (isinstance(timeout, bool) or not timeout >= 0):
        raise BadOption("run_deployment", "timeout", timeout, "give seconds from 0 up, or None")
    run_id = _queued(name, parameters or {}, scheduled_time, allow_secret_looking)
    _wait(run_id, timeout)
    return find_run(run_id)


def _queued(name: str, parameters: Mapping[str, Any], due: datetime | None, allow_secret_looking: bool) -> str:
    """Put the run into the queue, or find the one of an earlier attempt; return its id."""
    if not allow_secret_looking:
        refuse_secret_looking(name, parameters, "call with allow_secret_looking=True")
    values, problems = json_parameters(parameters)
    if problems:
        raise ParameterError(name, {what.removeprefix("parameter "): why for what, why in problems.items()})
    with current_deployments() as deployments:
        deployment = deployments.get(name)
    made = new_run(deployment, at=time.time(), parameters=values, due_at=_instant(due))
    earlier = earlier_child(deployment.definition.flow, made.created.parameters)
    if earlier is not None and (not earlier.state.is_final() or earlier.state.is_completed()):
        _logger.info("deployment %s: its run %s of an earlier attempt counts", name, earlier.name)
        return earlier.id
    with current_queue() as queue:
        queue.add([_linked(made)])
    return made.created.run_id


def _instant(due: datetime | None) -> float | None:
    if due is None:
        return None
    return (due if due.tzinfo is not None else due.replace(tzinfo=UTC)).timestamp()


def _linked(made: NewRun) -> NewRun:
    frame = current_frame()
    if frame is None or frame.run.spec.kind == "task":
        return made
    created = made.created._replace(parent_run_id=frame.run.id, parent_number=frame.call.number)
    return replace(made, created=created)


def _wait(run_id: str, timeout: float | None) -> FlowRun:
    """Look until the run has ended, ever more seldom; say once where nobody takes it up."""
    give_up = float("inf") if timeout is None else time.monotonic() + timeout
    longest, pause, was_told = current_settings().poll_seconds, _SHORTEST_LOOK, False
    with closing(current_reader()) as reader:
        while True:
            run = reader.flow_run(run_id)
            left = give_up - time.monotonic()
            if run.state.is_final() or left <= 0:
                return run
            if run.state.name == "Late" and not was_told:
                was_told = True
                _logger.warning("run %s is due, and no runner has taken it: start `jupyter flows runner`", run.name)
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, longest)


__all__ = ["run_deployment"]
