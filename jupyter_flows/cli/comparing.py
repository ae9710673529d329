"""`jupyter flows compare`."""

from __future__ import annotations

from argparse import Namespace

from jupyter_flows.cli.comparison_as_json import comparison_json
from jupyter_flows.cli.counted import counted
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.listing import SHORT_ID, title
from jupyter_flows.cli.looks import style
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.graph.durations import duration_words, elapsed
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.services.comparing import RunComparison, TaskComparison, TaskSide
from jupyter_flows.services.comparing import compare as compared

_SHOWN = 60


def compare(options: Namespace, screen: Screen) -> int:
    """Print what differs between two runs."""
    with opened_store() as store:
        before, after = store.flow_run(options.before), store.flow_run(options.after)
        found = compared(before, store.task_runs(before.id), after, store.task_runs(after.id))
    if options.json:
        screen.json(comparison_json(found))
        return GOOD
    heads = ("", "STATE", "TOOK", "RUN")
    screen.table(heads, [_run(screen, before, "before"), _run(screen, after, "after")])
    for one in found.parameters:
        screen.line(Cell("parameter ", "dim"), f"{one.name}: {_or_none(one.before)} → {_or_none(one.after)}")
    if found.code_changed:
        screen.line(Cell("code      ", "dim"), "the flow's code has changed")
    _print_tasks(screen, found)
    return GOOD


def _print_tasks(screen: Screen, found: RunComparison) -> None:
    shown = [one for one in found.tasks if one.changed or one.duration_differs]
    same = len(found.tasks) - len(shown)
    if shown:
        screen.line("")
        screen.table(("TASK", "BEFORE", "AFTER", "", "CHANGED"), [_row(one) for one in shown[:_SHOWN]])
    if len(shown) > _SHOWN:
        screen.line(Cell(f"… and {len(shown) - _SHOWN:,} more (all of them: --json)", "dim"))
    if same:
        screen.line(Cell(f"{counted(same, 'task')} did and took the same", "dim"))


def _run(screen: Screen, run: FlowRun, which: str) -> list[Cell]:
    took = elapsed(run.started_at, run.ended_at)
    return [Cell(which, "dim"), screen.state(run.state), Cell(took), Cell(f"{title(run)}  {run.id[:SHORT_ID]}")]


def _row(one: TaskComparison) -> list[Cell]:
    more = one.more_seconds
    took = "" if more is None or not one.duration_differs else f"{'+' if more > 0 else '-'}{duration_words(abs(more))}"
    return [
        Cell(one.task, "bold"),
        _side(one.before),
        _side(one.after),
        Cell(took, "yellow" if more is not None and more > 0 else "green"),
        Cell(", ".join(one.changed), "dim"),
    ]


def _side(side: TaskSide | None) -> Cell:
    if side is None:
        return Cell("—", "dim")
    parts = [side.state, "" if side.seconds is None else duration_words(side.seconds)]
    parts += [f"({side.runs:,} runs)"] if side.runs > 1 else []
    return Cell(" ".join(part for part in parts if part), style(side.state, side.kind))


def _or_none(text: str | None) -> str:
    return "—" if text is None else text


__all__ = ["compare"]
