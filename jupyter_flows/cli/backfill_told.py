"""A backfill in words: what it would run, what has ended, and what it came to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.counted import counted
from jupyter_flows.cli.deployments_as_json import deployed_run_json
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.listing import SHORT_ID
from jupyter_flows.cli.looks import icon, style
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.services.backfill import BackfillPlan, BackfillTick
from jupyter_flows.store.runs_of_deployments import RunOfDeployment

if TYPE_CHECKING:
    from rich.text import Text

_SHOWN = "%a %d %b %Y %H:%M:%S"
_LEFT = (
    ("completed", "completed already; --again runs them too"),
    ("unfinished", "wait or go on"),
    ("failed", "did not complete; --again-failed runs them again"),
)


def print_plan(screen: Screen, plan: BackfillPlan, parameters: Sequence[str], *, dry_run: bool) -> None:
    """Print which ticks get a run, and why the others do not."""
    screen.line(Cell(plan.deployment.definition.name, "bold"), f": {_range(plan)}")
    if plan.to_run:
        rows = [_row(one, text) for one, text in zip(plan.to_run, parameters, strict=True)]
        screen.table(("FOR", "BEFORE", "WITH"), rows)
    print_left(screen, plan)
    count = counted(len(plan.to_run), "run")
    screen.line(f"{count} would be made; nothing is written" if dry_run and plan.to_run else "nothing is to be run")


def print_left(screen: Screen, plan: BackfillPlan) -> None:
    """Print how many ticks are left alone, and what to do about it."""
    for name, words in _LEFT:
        if left := getattr(plan, name):
            screen.line(Cell(f"{len(left):,} {words}", "dim"))


def print_ended(screen: Screen, one: RunOfDeployment, plan: BackfillPlan) -> None:
    """Print one run that is over."""
    run = one.run
    message = "" if run.state.is_completed() else f"  {first_line(run.state.message)}"
    screen.line(
        Cell(f"{_tick(one.queued.tick, plan)}  ", "bold"),
        screen.state(run.state),
        Cell(f"  {elapsed(run.started_at, run.ended_at)}  {run.id[:SHORT_ID]}{message}", "dim"),
    )
    screen.stream.flush()


def print_summary(screen: Screen, plan: BackfillPlan, runs: Sequence[RunOfDeployment]) -> None:
    """Print what all runs came to."""
    states = Counter(one.run.state.name for one in runs)
    said = ", ".join(f"{count:,} {name}" for name, count in states.most_common())
    screen.line(Cell(plan.deployment.definition.name, "bold"), f": {counted(len(runs), 'run')}: {said}")
    print_left(screen, plan)
    if any(not one.run.state.is_completed() and one.run.state.is_final() for one in runs):
        screen.line(Cell("those that did not complete run again by the same command with --again-failed", "dim"))


def standing_line(
    screen: Screen, total: int, ended: Sequence[RunOfDeployment], running: Sequence[RunOfDeployment]
) -> Text:
    """The line at the foot of a terminal: how many have ended, and which run."""
    from rich.text import Text

    bad = sum(not one.run.state.is_completed() for one in ended)
    line = Text()
    line.append(f"{icon('Running')} {len(ended):,} of {total:,} ended", style("Running"))
    if bad:
        line.append(f"   {icon('Failed')} {bad:,} not completed", style("Failed"))
    names = [f"{one.run.name} for {_instant(one.queued.tick)}" for one in running[:3]]
    line.append(escaped(f"   {', '.join(names)}"), "dim")
    line.truncate(max(8, screen.width - 1), overflow="ellipsis")
    return line


def plan_json(plan: BackfillPlan, parameters: Sequence[str], *, dry_run: bool) -> dict[str, Any]:
    """What a backfill would do."""
    return {
        **_head(plan),
        "dry_run": dry_run,
        "to_run": [
            {**_tick_json(one), "parameters": json.loads(text)}
            for one, text in zip(plan.to_run, parameters, strict=True)
        ],
        "runs": [],
    }


def summary_json(plan: BackfillPlan, runs: Sequence[RunOfDeployment]) -> dict[str, Any]:
    """What a backfill came to."""
    ordered = sorted(runs, key=lambda one: one.queued.tick or 0.0)
    return {**_head(plan), "dry_run": False, "runs": [deployed_run_json(one) for one in ordered]}


def _head(plan: BackfillPlan) -> dict[str, Any]:
    left = {name: [_tick_json(one) for one in getattr(plan, name)] for name, _ in _LEFT}
    return {
        "backfill": plan.id,
        "deployment": plan.deployment.definition.name,
        "from": plan.first.isoformat(),
        "before": plan.end.isoformat(),
        "left": left,
    }


def _tick_json(one: BackfillTick) -> dict[str, Any]:
    before = None if one.before is None else {"id": one.before.run.id, "state": one.before.run.state.name}
    return {"tick": one.at.isoformat(), "run": before}


def _row(one: BackfillTick, parameters: str) -> list[Cell]:
    before = "" if one.before is None else f"{one.before.run.state.name} {one.before.run.id[:SHORT_ID]}"
    given = ", ".join(f"{name}={_plain(value)}" for name, value in json.loads(parameters).items())
    return [Cell(one.at.strftime(_SHOWN)), Cell(before, "dim"), Cell(given, "dim")]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _range(plan: BackfillPlan) -> str:
    zone = (plan.to_run or plan.completed or plan.unfinished or plan.failed)[0].at.tzinfo
    first, end = plan.first.astimezone(zone), plan.end.astimezone(zone)
    return f"from {first:%Y-%m-%d %H:%M} to before {end:%Y-%m-%d %H:%M}, {zone}"


def _tick(tick: float | None, plan: BackfillPlan) -> str:
    zones = {one.at.timestamp(): one.at for one in plan.to_run}
    return "" if tick is None else zones.get(tick, datetime.fromtimestamp(tick, UTC)).strftime(_SHOWN)


def _instant(tick: float | None) -> str:
    return "" if tick is None else datetime.fromtimestamp(tick, UTC).astimezone().strftime("%d %b %H:%M")


__all__ = ["plan_json", "print_ended", "print_left", "print_plan", "print_summary", "standing_line", "summary_json"]
