"""`jupyter flows run --deployment NAME`."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.deployed_values import deployed_values
from jupyter_flows.cli.deployments_as_json import deployed_run_json
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD, INTERRUPTED, NOT_COMPLETED
from jupyter_flows.cli.listing import SHORT_ID
from jupyter_flows.cli.looks import icon, state_style
from jupyter_flows.cli.progress import live
from jupyter_flows.cli.run_end import print_end, print_failure, print_result
from jupyter_flows.cli.runner_hint import print_runner_hint
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import opened_deployments, opened_runs
from jupyter_flows.errors import TargetError
from jupyter_flows.graph.durations import duration_words
from jupyter_flows.model.deployments import Deployment
from jupyter_flows.model.states import SCHEDULED, State
from jupyter_flows.services.queued_runs import QueuedRuns
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.store.runs_of_deployments import RunOfDeployment
from jupyter_flows.wiring import current_queue, current_settings

if TYPE_CHECKING:
    from rich.text import Text

_OF_THE_DEPLOYMENT = ("kernel", "timeout", "cell_timeout", "parallel", "output", "no_html", "artifacts", "engine")


def run_a_deployment(options: Namespace, screen: Screen) -> int:
    """Put a run of a deployment into the queue, and follow it to its end unless that is not wanted."""
    for name in _OF_THE_DEPLOYMENT:
        if getattr(options, name):
            word = f"--{name.replace('_', '-')}"
            raise TargetError(options.deployment, f"{word} is for TARGETs; a deployment has its own, see `deploy`")
    with opened_deployments() as store:
        deployment = store.get(options.deployment)
    values = deployed_values(deployment, options.parameters, allow_secret_looking=options.allow_secret_looking)
    with current_queue() as queue:
        run_id = create_run(queue, deployment, at=time.time(), parameters=values).run_id
    if options.wait is False:
        return _tell_queued(run_id, deployment, options, screen)
    one, interrupted = _followed(run_id, deployment.definition.name)
    status = GOOD if one.run.state.is_completed() else NOT_COMPLETED
    if options.json:
        screen.json({**deployed_run_json(one), "result": _result(one)})
    else:
        _tell(one, screen)
    return INTERRUPTED if interrupted else status


def _tell_queued(run_id: str, deployment: Deployment, options: Namespace, screen: Screen) -> int:
    if options.json:
        with opened_runs() as runs:
            screen.json(deployed_run_json(runs.these([run_id])[0]))
        return GOOD
    screen.line("queued  ", Cell(deployment.definition.name, "bold"), Cell(f"  {run_id}", "dim"))
    print_runner_hint(screen, deployment.id)
    return GOOD


def _followed(run_id: str, name: str) -> tuple[RunOfDeployment, bool]:
    """Follow a run until it is over; an interrupt cancels it."""
    aside, interrupted, ended = Screen(sys.stderr), False, list[RunOfDeployment]()
    with QueuedRuns(current_settings(), [run_id]) as queued:
        where = "no runner is there: it is executed here" if queued.executes_here else "a runner executes it"
        aside.line(Cell(f"{name}  {run_id[:SHORT_ID]}  {where}", "dim"))
        try:
            with _shown(aside, name, queued):
                while not ended:
                    ended = queued.wait()
        except KeyboardInterrupt:
            interrupted, ended = True, queued.cancel()
    if ended:
        return ended[0], interrupted
    with opened_runs() as runs:
        return runs.these([run_id])[0], interrupted


@contextmanager
def _shown(aside: Screen, name: str, queued: QueuedRuns) -> Iterator[None]:
    """Show on a terminal how the run stands."""
    if not aside.is_terminal:
        yield
        return
    began = time.monotonic()

    def picture() -> Text:
        from rich.text import Text

        state = queued.running[0].run.state if queued.running else State(SCHEDULED, "Scheduled")
        line = Text(f"{icon(state.name, state.kind)} {state.name}", state_style(state))
        line.append(escaped(f"  {name}  {duration_words(time.monotonic() - began)}"), "dim")
        line.truncate(max(8, aside.width - 1), overflow="ellipsis")
        return line

    with live(aside, picture):
        yield


def _tell(one: RunOfDeployment, screen: Screen) -> None:
    run = one.run
    if not run.state.is_completed():
        print_failure(run.id)
    seconds = (run.ended_at or run.state.at) - (run.started_at or run.created_at)
    print_end(screen, run.name, run.id, run.state, max(0.0, seconds))
    print_result(screen, _result(one) or None)


def _result(one: RunOfDeployment) -> Any:
    """What the run gave, where that is small; its process has ended with anything else."""
    value = one.run.value if one.run.state.is_completed() else None
    return None if value is None else json.loads(value)


__all__ = ["run_a_deployment"]
