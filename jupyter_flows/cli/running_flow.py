"""`jupyter flows run module:flow`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import cast

from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.flow import Flow
from jupyter_flows.authoring.targets import AnyFlow, find_flow
from jupyter_flows.cli.declared_defaults import declared_defaults
from jupyter_flows.cli.exits import INTERRUPTED
from jupyter_flows.cli.prints import prints_aside
from jupyter_flows.cli.progress import flow_progress
from jupyter_flows.cli.run_end import end_json, exit_status, print_end, print_failure, print_result, seconds_of
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.typed_values import as_named, refuse_in_shell, typed_like, typed_values
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.threads import run_in_caller
from jupyter_flows.engine.attempt import Post
from jupyter_flows.errors import TargetError
from jupyter_flows.model.states import State


def run_a_flow(options: Namespace, screen: Screen) -> int:
    """Run a flow of a module or file in this process."""
    for name in ("kernel", "cell_timeout", "parallel", "output", "no_html", "artifacts", "engine"):
        if getattr(options, name):
            raise TargetError(options.target, f"it is no notebook, and --{name.replace('_', '-')} is for notebooks")
    with prints_aside(options.json):
        flow = find_flow(options.target)
        texts = as_named(flow.name, options.parameters)
        if options.allow_secret_looking:
            flow = _taking_secrets(flow)
        elif not flow.options.allow_secret_looking:
            refuse_in_shell(flow.name, texts)
        run, opening = _opened(flow, texts, options.timeout)
        interrupted = drive(flow, run, opening)
    return tell_end(flow, run, screen, interrupted, options.json)


def tell_end(flow: AnyFlow, run: FlowRunHandle, screen: Screen, interrupted: bool, as_json: bool) -> int:
    """Print how a run ended; return the exit status."""
    state = _told(flow, cast("State", cast("Call", run.call).state))
    status = exit_status(state)
    if as_json:
        screen.json(end_json(run.id, state))
    else:
        _tell(run, state, screen)
    return INTERRUPTED if interrupted else status


def _opened(flow: AnyFlow, texts: Mapping[str, str], timeout: float | None) -> tuple[FlowRunHandle, Post]:
    if isinstance(flow, DeclaredFlow):
        return flow.open(typed_like(flow.name, declared_defaults(flow), texts), timeout or 0.0)
    if timeout is not None:
        flow = flow.with_options(timeout_seconds=timeout)
    return flow.open((), typed_values(flow.name, flow.fn, texts))


def _taking_secrets(flow: AnyFlow) -> AnyFlow:
    return flow.with_options(allow_secret_looking=True) if isinstance(flow, Flow) else flow.allowing_secret_looking()


def _told(flow: AnyFlow, state: State) -> State:
    """The state with a result for people: of a declared flow, the values of its reference tasks."""
    if not isinstance(flow, DeclaredFlow) or not state.is_completed():
        return state
    ends = cast("dict[Placed, State]", state.data)
    values = {node.slug: ends[node].result(raise_on_failure=False) for node in flow.reference_tasks()}
    return replace(state, data=values)


def drive(flow: AnyFlow, run: FlowRunHandle, opening: Post, *, watched: bool = True) -> bool:
    """Run the flow to its end; return whether that was an interrupt of this process.

    Parameters
    ----------
    watched
        Whether a terminal shows how it gets on.
    """
    call = cast("Call", run.call)
    try:
        with flow_progress(run, Screen(sys.stderr)) if watched else nullcontext():
            if isinstance(flow, Flow) and flow.code.is_async:
                import asyncio  # deferred: heavy

                asyncio.run(_awaited(run, opening))
            else:
                with Terminable():
                    run_in_caller(call, opening)
            flow.close_own_runner(run)
    except KeyboardInterrupt:
        if call.state is None:
            raise
        return True
    return False


async def _awaited(run: FlowRunHandle, opening: Post) -> None:
    import asyncio

    from jupyter_flows.drivers.loops import run_in_coroutine

    run.loop = asyncio.get_running_loop()
    await run_in_coroutine(cast("Call", run.call), opening)


def _tell(run: FlowRunHandle, state: State, screen: Screen) -> None:
    if not state.is_completed():
        print_failure(run.id)
        if run.spec.entry:
            Screen(sys.stderr).line(Cell(f"  resume it with `jupyter flows resume {run.id[:8]}`", "dim"))
    print_end(screen, run.name if run.spec.name in run.name else run.spec.name, run.id, state, seconds_of(run, state))
    if state.is_completed():
        print_result(screen, state.data)
