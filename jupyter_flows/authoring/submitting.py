"""From a task call to the event that tells the machine of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_flows.drivers.call_digest import call_digest
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.context import Frame
from jupyter_flows.drivers.earlier_runs import EarlierRun
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.held_loops import note_loops
from jupyter_flows.drivers.inputs import find_calls, holds_nothing
from jupyter_flows.drivers.logs import say
from jupyter_flows.drivers.session import Session
from jupyter_flows.drivers.tracebacks import error_line
from jupyter_flows.engine.attempt import Post
from jupyter_flows.errors import ResultMissing
from jupyter_flows.model.events import Earlier, TaskSubmitted
from jupyter_flows.model.signals import Signal, TriggerFailed
from jupyter_flows.model.states import State

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


def enlist(
    task: Task[Any, Any], frame: Frame, args: tuple[Any, ...], kwargs: dict[str, Any], digest: int | None = None
) -> Call:
    """Make the handle of a call, or return its twin of an earlier attempt of the flow, which has a state.

    Parameters
    ----------
    digest
        What tells the call apart from others of its task; made from the plain arguments when not given.
    """
    run = frame.run
    digest = call_digest(args, kwargs) if digest is None else digest
    if not run.keeps_ends:
        return _new_call(task, run, args, kwargs, digest, next(run.numbers))
    place, known = run.recall(frame.call.number, task.spec.name, digest)
    if isinstance(known, Call) and (known.state is None or known.state.is_completed()):
        if known.state is not None:
            return known
        known = None  # it was left behind by an attempt that timed out
    number = next(run.numbers) if known is None else known.number
    call = run.kept_ends[place] = _new_call(task, run, args, kwargs, digest, number)
    if isinstance(known, EarlierRun):
        call.earlier = known.stood
        _restore(call, known)
    elif known is not None and known.state is not None:
        call.earlier = Earlier(known.state.kind, 0, known.attempt)
    return call


def _new_call(
    task: Task[Any, Any], run: FlowRunHandle, args: tuple[Any, ...], kwargs: dict[str, Any], digest: int, number: int
) -> Call:
    call = Call(run, number, task.spec, task.code, args, kwargs, task.name)
    call.digest = digest
    if task.options.run_name is not None:
        call.name = task.run_name(args, kwargs)
    return call


def _restore(call: Call, known: EarlierRun) -> None:
    """Settle a call as its run ended in an earlier attempt: where it is to stay failed, or its value is to be had."""
    if known.stays:
        call.settle(known.state)
    if known.load is None:
        return
    try:
        value = known.load()
    except ResultMissing as missing:
        say(call.run, call.number, logging.WARNING, f"runs again: {missing}")
        return
    ended = known.state
    call.settle(State(ended.kind, ended.name, ended.message, ended.at, value))


def ask_trigger(trigger: Callable[[dict[TaskFuture[Any], State]], Any], futures: Iterable[TaskFuture[Any]]) -> None:
    """Ask a user's trigger about the upstreams, which have all ended; raise what ends the run if it refuses."""
    name = getattr(trigger, "__name__", type(trigger).__name__)
    try:
        allowed = trigger({future: future.state for future in futures})
    except Signal:
        raise
    except Exception as error:
        raise TriggerFailed(f"its trigger {name} raised {error_line(error)}") from error
    if not allowed:
        raise TriggerFailed(f"its trigger {name} refused")


def _once(upstreams: Iterable[tuple[Call, bool]]) -> list[tuple[Call, bool]]:
    """Each upstream once, however often it is among the arguments; its failure is allowed if it is everywhere."""
    found = list(upstreams)
    if len(found) < 2:
        return found
    once: dict[Call, bool] = {}
    for upstream, allowed in found:
        once[upstream] = allowed and once.get(upstream, True)
    return list(once.items())


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
    upstreams = _once(upstreams)
    call.upstreams = upstreams
    note_loops(call, upstreams)
    own: list[tuple[int, bool]] = []
    others: list[tuple[Call, bool]] = []
    for upstream, allowed in upstreams:
        if upstream.run is call.run:
            own.append((upstream.number, allowed))
        else:
            others.append((upstream, allowed))
        upstream.seen = True
    started = inline and not (own or others or needs or call.spec.trigger is not None or call.earlier is not None)
    if call.spec.trigger is None:  # edges told by values alone are drawn; they must not be judged
        come_from = call.run.provenance.numbers_of((*call.args, *call.kwargs.values()))
        own += [(number, True) for number in come_from if not own or (number, False) not in own]
    elif call.code.trigger is not None:
        futures = [TaskFuture[Any](upstream) for upstream, _ in upstreams]
        call.gate = partial(ask_trigger, call.code.trigger, futures)
    if others:
        call.others = tuple(others)
    fields = (
        call.number,
        call.spec,
        call,
        call.name,
        tuple(own),
        len(others),
        map_id,
        call.map_index if map_id else 0,
        frame.call.number if frame is not None and frame.run is call.run else 0,
        needs,
        inline,
        started,
        stoppable,
        call.digest,
        call.earlier,
    )
    return Post(TaskSubmitted, fields, wake=not started or bool(call.spec.timeout_seconds)), started
