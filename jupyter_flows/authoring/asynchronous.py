"""Awaited calls of async tasks and flows: the same steps as the sync ones, on the running event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.authoring.definition import answer
from jupyter_flows.authoring.resuming import check_taken_up, log_plan
from jupyter_flows.authoring.runs import open_flow_run
from jupyter_flows.authoring.submitting import announce, enlist, needed_slots, upstream_calls, upstreams_of
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.futures import see
from jupyter_flows.drivers.loops import await_call, run_in_coroutine
from jupyter_flows.errors import ParameterError
from jupyter_flows.model.states import State, failed
from jupyter_flows.wiring import default_task_runner

if TYPE_CHECKING:
    from jupyter_flows.authoring.flow import Flow
    from jupyter_flows.authoring.task import Task
    from jupyter_flows.services.recovery import ResumePlan


async def call_task(
    task: Task[Any, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    wait_for: Iterable[Any] | None,
    return_state: bool,
) -> Any:
    """Run an async task to its end."""
    __tracebackhide__ = True
    state = await _run_task(task, args, kwargs, wait_for)
    return answer(state, return_state)


async def _run_task(
    task: Task[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Iterable[Any] | None
) -> State:
    frame = current_frame()
    if frame is None:

        async def alone() -> State:
            return await _run_task(task, args, kwargs, wait_for)

        code = UserCode(alone, task, "async", task.options.log_prints)
        run, opening = open_flow_run(task.lone_spec(), code, default_task_runner())
        run.loop = asyncio.get_running_loop()
        return await run_in_coroutine(cast("Call", run.call), opening)
    call = enlist(task, frame, args, kwargs)
    if call.state is not None:
        return see(call)
    needs = needed_slots(call.run.session, task.spec.tags)
    opening, _ = announce(call, frame, upstream_calls(call, wait_for), needs=needs)
    await run_in_coroutine(call, opening)
    return see(call)


async def resume_flow(
    flow: Flow[Any, Any], plan: Callable[[], ResumePlan], parameters: dict[str, Any], return_state: bool
) -> Any:
    """Run the next attempt of an async flow's run to its end."""
    __tracebackhide__ = True
    run, opening = flow.reopen(log_plan(plan()), parameters)
    run.loop = asyncio.get_running_loop()
    state = await run_in_coroutine(cast("Call", run.call), opening)
    flow.close_own_runner(run)
    return answer(check_taken_up(run, state), return_state)


async def call_flow(
    flow: Flow[Any, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    wait_for: Iterable[Any] | None,
    return_state: bool,
) -> Any:
    """Run an async flow to its end."""
    __tracebackhide__ = True
    for upstream in upstreams_of(args, kwargs, wait_for):
        await await_call(upstream)
    try:
        begun = flow.begin(args, kwargs)
    except ParameterError as error:
        if not return_state:
            raise
        return failed(0.0, error, str(error))
    if isinstance(begun, State):
        return answer(begun, return_state)
    run, opening = begun
    run.loop = asyncio.get_running_loop()
    state = await run_in_coroutine(cast("Call", run.call), opening)
    flow.close_own_runner(run)
    return answer(state, return_state)
