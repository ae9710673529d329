"""From a task call to the event that tells the machine of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import Frame
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.inputs import find_calls, holds_nothing
from jupyter_flows.drivers.session import Session, settle_later
from jupyter_flows.engine.attempt import Post
from jupyter_flows.model.events import TaskSubmitted

if TYPE_CHECKING:
    from jupyter_flows.authoring.task import Task


def upstream_calls(call: Call, wait_for: Iterable[Any] | None) -> list[tuple[Call, bool]] | tuple[()]:
    """Find the runs whose futures are among a call's arguments or in ``wait_for``."""
    if wait_for is None and all(map(holds_nothing, call.args)) and all(map(holds_nothing, call.kwargs.values())):
        return ()
    found: list[tuple[Call, bool]] = []
    in_arguments = [find_calls(value, found) for value in (*call.args, *call.kwargs.values())]
    call.has_futures = any(in_arguments)
    if wait_for is not None:
        find_calls(list(wait_for), found)
    return found


def upstreams_of(args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Iterable[Any] | None) -> list[Call]:
    """The runs that must have ended before a flow is called with these arguments."""
    found: list[tuple[Call, bool]] = []
    for value in (*args, *kwargs.values(), list(wait_for or ())):
        find_calls(value, found)
    return [call for call, _ in found]


def needed_slots(session: Session, tags: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """One slot of every limit that a tag names."""
    return tuple((tag, 1) for tag in tags if session.limits.size(tag) is not None) if tags else ()


def new_call(task: Task[Any, Any], run: FlowRunHandle, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """Make the handle of a new task run."""
    call = Call(run, next(run.numbers), task.spec, task.code, args, kwargs, task.name)
    if task.options.run_name is not None:
        call.name = task.run_name(args, kwargs)
    return call


def announce(
    call: Call,
    frame: Frame | None,
    upstreams: Iterable[tuple[Call, bool]],
    *,
    needs: tuple[tuple[str, int], ...] = (),
    map_id: int = 0,
    inline: bool = False,
    stoppable: bool = True,
) -> tuple[Post, bool]:
    """Make the event that tells the machine of a call.

    Returns
    -------
    Post, bool
        The event, and whether the caller may start at once because no rule can hold the run.
    """
    own: list[tuple[int, bool]] = []
    foreign: list[tuple[Call, bool]] = []
    for upstream, allowed in upstreams:
        if upstream.run is call.run:
            own.append((upstream.number, allowed))
        else:
            foreign.append((upstream, allowed))
        upstream.seen = True
    started = inline and not (own or foreign or needs)
    come_from = call.run.provenance.numbers_of((*call.args, *call.kwargs.values()))
    own += [(number, True) for number in come_from if not own or (number, False) not in own]
    for upstream, allowed in foreign:
        settle_later(call.run.session, upstream, call.run, call.number, allowed)
    fields = (
        call.number,
        call.spec,
        call,
        call.name,
        tuple(own),
        len(foreign),
        map_id,
        call.map_index if map_id else 0,
        frame.call.number if frame is not None and frame.run is call.run else 0,
        needs,
        inline,
        started,
        stoppable,
    )
    return Post(TaskSubmitted, fields, wake=not started or bool(call.spec.timeout_seconds)), started
