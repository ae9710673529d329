"""Calls of flows and tasks in a process that has no session: a forked child's, or a worker's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.definition import answer
from jupyter_flows.authoring.submitting import upstreams_of
from jupyter_flows.drivers.inputs import resolve
from jupyter_flows.drivers.threads import wait_for_call
from jupyter_flows.drivers.unrecorded import await_unrecorded, run_unrecorded

if TYPE_CHECKING:
    from jupyter_flows.authoring.flow import Flow
    from jupyter_flows.authoring.task import Task


def call_unrecorded(
    subject: Flow[Any, Any] | Task[Any, Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    wait_for: Iterable[Any] | None,
    return_state: bool,
) -> Any:
    """Run a flow or task here, once, and record nothing; give its value (a coroutine of it for async code) or state.

    Raises
    ------
    RunOfParentProcess
        It is given a future of a run that was under way when this process was forked.
    """
    __tracebackhide__ = True
    for upstream in upstreams_of(args, kwargs, wait_for):
        wait_for_call(upstream, None)
    args, kwargs = tuple(map(resolve, args)), {name: resolve(value) for name, value in kwargs.items()}
    if subject.code.is_async:
        return _later(subject, args, kwargs, return_state)
    return answer(run_unrecorded(subject.code, args, kwargs), return_state)


async def _later(subject: Any, args: tuple[Any, ...], kwargs: dict[str, Any], return_state: bool) -> Any:
    __tracebackhide__ = True
    return answer(await await_unrecorded(subject.code, args, kwargs), return_state)


__all__ = ["call_unrecorded"]
