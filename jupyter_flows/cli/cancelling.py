"""`jupyter flows cancel`."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_flows.cli.as_json import run_json
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.listing import title
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.services.cancelling import CancelAnswer, request_cancel
from jupyter_flows.settings import load_settings

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_LOOK_EVERY = 0.1


def cancel(options: Namespace, screen: Screen) -> int:
    """Ask a run's owner to stop it, and wait a moment for the end."""
    with opened_store() as store:
        run = store.flow_run(options.run)
        run, answer = request_cancel(store, load_settings(), run, time.time())
        if answer is CancelAnswer.WITHDRAWN:
            return _tell(options, screen, run, requested=True, said="waits for no further attempt any more")
        if answer is CancelAnswer.ENDED:
            return _tell(options, screen, run, requested=False, said=f"had already ended ({run.state.name})")
        if not options.no_wait:
            run = _await_end(store, run, options.wait)
    if str(run.state.kind) == "cancelled":
        said = "is cancelled"
    elif run.state.is_final():
        said = f"ended by itself ({run.state.name}{': ' + run.state.message if run.state.message else ''})"
    else:
        said = "is asked to stop; its process looks for that every few seconds"
    return _tell(options, screen, run, requested=True, said=said)


def _await_end(store: RunReader, run: FlowRun, seconds: float) -> FlowRun:
    deadline = time.monotonic() + seconds
    while not run.state.is_final() and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)
        run = store.flow_run(run.id)
    return run


def _tell(options: Namespace, screen: Screen, run: FlowRun, *, requested: bool, said: str) -> int:
    if options.json:
        screen.json({"run": run_json(run), "requested": requested})
    else:
        screen.line(screen.state(run.state), "  ", Cell(title(run), "bold"), f"  {run.id} {said}")
    return GOOD
