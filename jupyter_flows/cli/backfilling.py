"""`jupyter flows backfill`."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.backfill_told import (
    plan_json,
    print_ended,
    print_plan,
    print_summary,
    standing_line,
    summary_json,
)
from jupyter_flows.cli.counted import counted
from jupyter_flows.cli.deployed_values import deployed_values
from jupyter_flows.cli.exits import GOOD, INTERRUPTED, NOT_COMPLETED
from jupyter_flows.cli.progress import live
from jupyter_flows.cli.runner_hint import print_runner_hint
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import only_schedule, opened_deployments, opened_runs
from jupyter_flows.errors import TargetError
from jupyter_flows.model.states import CANCELLED, State
from jupyter_flows.services.backfill import Again, BackfillPlan
from jupyter_flows.services.backfilling import BackfillRange, backfill_of, queue_backfill, runs_of_plan
from jupyter_flows.services.queued_runs import QueuedRuns
from jupyter_flows.store.backfill_queue import cancel_backfill
from jupyter_flows.store.runs_of_deployments import RunOfDeployment
from jupyter_flows.wiring import current_queue, current_settings

if TYPE_CHECKING:
    from rich.text import Text


def backfill(options: Namespace, screen: Screen) -> int:
    """Run a deployment once for each tick of a range, or cancel its backfills."""
    if options.cancel:
        from jupyter_flows.cli.backfill_cancelling import cancel_backfills

        return cancel_backfills(options, screen)
    for name, value in (("--from", options.first), ("--to", options.end)):
        if value is None:
            raise TargetError("backfill", f"give {name}: the range is from --from to before --to")
    plan, values = _planned(options)
    made = runs_of_plan(plan, time.time(), values)
    if options.dry_run or not made:
        parameters = [run.created.parameters for run in made]
        if options.json:
            screen.json(plan_json(plan, parameters, dry_run=options.dry_run))
        else:
            print_plan(screen, plan, parameters, dry_run=options.dry_run)
        return GOOD
    with current_queue() as queue:
        queue_backfill(queue, plan, made, options.max_active, time.time())
    run_ids = [run.created.run_id for run in made]
    if options.no_wait:
        return _tell_queued(options, screen, plan, run_ids)
    return _follow(options, screen, plan, run_ids)


def _planned(options: Namespace) -> tuple[BackfillPlan, dict[str, Any]]:
    """Plan everything; nothing is written."""
    with opened_deployments() as store:
        deployment = store.get(options.deployment)
        found = sorted(store.schedules(deployment.id), key=lambda one: one.definition.name)
    schedules = only_schedule(deployment, found, options.schedule)
    values = deployed_values(deployment, options.parameters, allow_secret_looking=options.allow_secret_looking)
    again = Again.ALL if options.again else Again.FAILED if options.again_failed else Again.NONE
    wanted = BackfillRange(options.first, options.end, again)
    with opened_runs() as runs:
        return backfill_of(deployment, schedules, runs, wanted, time.time()), values


def _tell_queued(options: Namespace, screen: Screen, plan: BackfillPlan, run_ids: list[str]) -> int:
    if options.json:
        with opened_runs() as runs:
            screen.json(summary_json(plan, runs.these(run_ids)))
        return GOOD
    count = counted(len(run_ids), "run")
    screen.line(f"queued {count} of ", Cell(plan.deployment.definition.name, "bold"), Cell(f"  {plan.id}", "dim"))
    print_runner_hint(screen, plan.deployment.id)
    return GOOD


def _follow(options: Namespace, screen: Screen, plan: BackfillPlan, run_ids: list[str]) -> int:
    aside, interrupted, ended = Screen(sys.stderr), False, list[RunOfDeployment]()
    with QueuedRuns(current_settings(), run_ids, options.max_active) as queued:
        _print_start(aside, plan, queued, options)
        # Where both are terminals, what is printed must know of the line at the foot.
        told = aside if aside.is_terminal and screen.is_terminal else screen
        with _shown(aside, queued, ended):
            try:
                while queued.left:
                    for one in queued.wait():
                        ended.append(one)
                        if not options.json:
                            print_ended(told, one, plan)
            except KeyboardInterrupt:
                interrupted = True
                _cancel_waiting(plan)
                ended += queued.cancel() if queued.executes_here else []
    with opened_runs() as runs:
        all_runs = runs.these(run_ids)
    if options.json:
        screen.json(summary_json(plan, all_runs))
    else:
        print_summary(screen, plan, all_runs)
    if interrupted:
        return INTERRUPTED
    return GOOD if all(one.run.state.is_completed() for one in all_runs) else NOT_COMPLETED


def _cancel_waiting(plan: BackfillPlan) -> None:
    """Cancel what nobody has begun: a later backfill of the range runs it as if it had never been there."""
    with current_queue() as queue:
        words = "its backfill was interrupted before it began"
        cancel_backfill(queue, plan.id, State(CANCELLED, "Cancelled", words, time.time()))


def _print_start(aside: Screen, plan: BackfillPlan, queued: QueuedRuns, options: Namespace) -> None:
    count = f"{counted(queued.left, 'run')}, {options.max_active} at a time"
    where = "no runner is there: they are executed here" if queued.executes_here else "a runner executes them"
    aside.line(Cell(f"{plan.deployment.definition.name}: {count}; {where}", "dim"))


@contextmanager
def _shown(aside: Screen, queued: QueuedRuns, ended: list[RunOfDeployment]) -> Iterator[None]:
    """Show on a terminal how far it is."""
    if not aside.is_terminal:
        yield
        return
    total = queued.left

    def picture() -> Text:
        return standing_line(aside, total, list(ended), list(queued.running))

    with live(aside, picture):
        yield


__all__ = ["backfill"]
