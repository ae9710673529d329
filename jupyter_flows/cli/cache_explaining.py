"""`jupyter flows cache explain`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import RunNotFound
from jupyter_flows.services.cache_reasons import CacheReason, cache_reasons, no_look_up

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader
    from jupyter_flows.model.runs import TaskRun


def explain(options: Namespace, screen: Screen) -> int:
    """Say what the keys of task runs were made of, and why their values were found or not."""
    with opened_store() as store:
        reasons = _reasons(store, options.run, options.task)
    if options.json:
        screen.json({"look_ups": [_as_json(reason) for reason in reasons]})
        return GOOD
    if not reasons:
        screen.line("No task run of this run asked the cache.")
    for reason in reasons:
        _print(reason, screen)
    return GOOD


def _reasons(store: RunReader, run: str, task: str | None) -> list[CacheReason]:
    if task is None:
        try:
            return cache_reasons(store, store.flow_run(run).id)
        except RunNotFound:
            run, dash, task = run.rpartition("-")  # RUN-NUMBER names one task run
            if not (dash and task.isdecimal()):
                raise
    run_id = store.flow_run(run).id
    wanted = _chosen(store.task_runs(run_id), run, task)
    found = {reason.task_run.number: reason for reason in cache_reasons(store, run_id)}
    return [found.get(one.number) or no_look_up(one) for one in wanted]


def _chosen(task_runs: list[TaskRun], run: str, task: str) -> list[TaskRun]:
    """The task run of a number, or all of a task."""
    if task.isdecimal():
        chosen = [one for one in task_runs if one.number == int(task)]
    else:
        chosen = [one for one in task_runs if task in {one.task, one.name, one.task.rpartition(".")[2]}]
    if not chosen:
        raise RunNotFound(f"{run} {task}")
    return chosen


def _print(reason: CacheReason, screen: Screen) -> None:
    run = reason.task_run
    screen.line(screen.state(run.state), "  ", Cell(run.name, "bold"), Cell(f"  {run.flow_run_id}-{run.number}", "dim"))
    screen.line("  ", reason.reason)
    if reason.key:
        screen.line(Cell("  key  ", "dim"), reason.key)
    width = max(map(len, reason.parts), default=0)
    for name, digest in reason.parts.items():
        changed = Cell("  differs", "yellow") if name in reason.differing else ""
        screen.line(Cell(f"    {name:<{width}}  ", "dim"), digest, changed)


def _as_json(reason: CacheReason) -> dict[str, Any]:
    return {
        "task_run": f"{reason.task_run.flow_run_id}-{reason.task_run.number}",
        "name": reason.task_run.name,
        "hit": reason.hit,
        "reason": reason.reason,
        "key": reason.key or None,
        "parts": dict(reason.parts),
        "compared_with": reason.compared_with or None,
        "differing": list(reason.differing),
    }
