"""The next attempt of a recorded run, as flows begin it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

from jupyter_flows.authoring.definition import code_of
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.errors import CannotResume, LeaseLost
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.specs import TaskSpec
from jupyter_flows.model.states import State
from jupyter_flows.services.recovery import Code, ResumePlan, plan_resume, told
from jupyter_flows.wiring import current_reader, result_store


def plan_for(
    flow: str,
    run: str | None,
    code: Code,
    again: Iterable[str] = (),
    *,
    of_child: bool = False,
    only: Iterable[int] | None = None,
) -> ResumePlan:
    """Plan the next attempt of a flow's run.

    Raises
    ------
    CannotResume
        Also where it is a run of another flow.
    """
    with closing(current_reader()) as reader:
        if run is None:
            from jupyter_flows.authoring.history import newest_id  # deferred: it loads what draws runs

            run = newest_id(reader, flow)
        chosen = None if only is None else frozenset(only)
        plan = plan_resume(reader, result_store, run, time.time(), code, frozenset(again), of_child, chosen)
    if plan.run.flow != flow:
        raise CannotResume(plan.run.name, f"it is a run of {plan.run.flow}, not of {flow}")
    return plan


def log_plan(plan: ResumePlan) -> ResumePlan:
    """Log what the next attempt will do; return the plan."""
    logger = logging.getLogger("jupyter_flows.resume")
    for line in told(plan):
        logger.log(line.level, "%s", line.text)
    return plan


def task_versions(fn: Callable[..., Any]) -> dict[str, str]:
    """The versions of the tasks that a flow's function names, by the tasks' names."""
    code = code_of(fn)
    known = getattr(fn, "__globals__", {})
    found = [getattr(known.get(name), "spec", None) for name in (code.co_names if code else ())]
    return {spec.name: spec.version for spec in found if isinstance(spec, TaskSpec)}


def earlier_child(flow: str, parameters: str) -> FlowRun | None:
    """The run of this flow that the flow run around this call made in an earlier attempt."""
    frame = current_frame()
    if frame is None or frame.run.earlier_children is None:
        return None
    return frame.run.earlier_children.take(frame.call.number, flow, parameters)


def check_taken_up(run: FlowRunHandle, state: State) -> State:
    """Return the state in which an attempt ended, unless another process had taken the run up first.

    Raises
    ------
    CannotResume
    """
    if isinstance(state.data, LeaseLost) and not run.begun:
        raise CannotResume(run.name, "another process has taken it up")
    return state


__all__ = ["check_taken_up", "earlier_child", "log_plan", "plan_for", "task_versions"]
