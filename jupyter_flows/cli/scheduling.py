"""`jupyter flows schedule`."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime

from jupyter_flows.cli.deployment_told import applied_json, print_applied
from jupyter_flows.cli.exits import GOOD, NOT_COMPLETED
from jupyter_flows.cli.runner_hint import print_runner_hint
from jupyter_flows.cli.schedule_options import clocks_of
from jupyter_flows.cli.schedule_preview import Preview, preview, preview_json, print_preview
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.stored_deployments import known_deployment, opened_deployments
from jupyter_flows.errors import ScheduleError


def schedule(options: Namespace, screen: Screen) -> int:
    """Show what a schedule means, then keep it."""
    clocks = clocks_of(options)
    if not clocks:
        advice = "say when it runs: --cron '0 9 * * 1-5', --every 15m, --at 09:00 or --rrule RULE"
        raise ScheduleError("schedule", options.target, advice)
    from jupyter_flows.cli.deployment_planning import typed_deployment
    from jupyter_flows.services.deploying import apply_plan

    plan = typed_deployment(options, clocks).plan()
    shown = preview(clocks, plan.definition.parameters, datetime.fromtimestamp(time.time(), UTC))
    if not options.json:
        print_preview(screen, shown, options.catchup or "latest", options.overlap or "queue")
        _print_zone_hint(screen, options, shown)
        screen.line()
    if options.dry_run or not (options.yes or options.json or _is_wanted(plan.definition.name)):
        return _tell_nothing(options, screen, shown)
    with opened_deployments() as store:
        before = known_deployment(store, plan.definition.name)
        applied = apply_plan(plan, store)
    if options.json:
        screen.json({**applied_json(applied), **preview_json(shown)})
        return GOOD
    print_applied(screen, applied, before)
    print_runner_hint(screen, applied.deployment.id)
    return GOOD


def _tell_nothing(options: Namespace, screen: Screen, shown: Preview) -> int:
    if options.json:
        screen.json({"change": None, "deployment": None, **preview_json(shown)})
    else:
        screen.line(Cell("nothing is saved", "dim"))
    return GOOD if options.dry_run else NOT_COMPLETED


def _is_wanted(name: str) -> bool:
    """Ask a person who is there; a program that runs this has decided."""
    if not _is_attended():
        return True
    screen = Screen(sys.stdout)
    screen.line("Save it as ", Cell(name, "bold"), "? [Y/n]")
    try:
        return input().strip().lower() in {"", "y", "yes"}
    except EOFError:
        return False


def _is_attended() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _print_zone_hint(screen: Screen, options: Namespace, shown: Preview) -> None:
    if options.timezone is None and shown.times[0].at.astimezone().utcoffset() and _names_a_time(options):
        screen.line(
            Cell("note: ", "yellow"), "times are read in UTC; for the clock of a place add --timezone Europe/Rome"
        )


def _names_a_time(options: Namespace) -> bool:
    given: Sequence[object] = (*options.cron, *options.rrule, *options.at)
    return bool(given)


__all__ = ["schedule"]
