"""`jupyter flows stats`."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence

from jupyter_flows.cli.called_otherwise import called_in_store, unknown
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_ended_runs
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.sparkline import sparkline
from jupyter_flows.cli.statistics_as_json import statistics_json
from jupyter_flows.cli.times import iso
from jupyter_flows.graph.durations import duration_words
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.statistics import FEWEST, RunStatistics
from jupyter_flows.services.statistics import SPANS, WEEK, statistics_of
from jupyter_flows.store.called import EVERYBODY, Called, Whose

_DEFAULT_DAYS = 30
_STEADY = 0.1  # a change of the usual duration that is not worth a colour
_NAMED = 3  # slowest and flakiest tasks
_EVERY_TASK = 60
_LONGEST, _SHORTEST = 48, 12  # columns of a name
_BESIDE = 64  # columns that all else takes, at most


def stats(options: Namespace, screen: Screen) -> int:
    """Print how often each flow ended well, and how long it took; each task too where asked for."""
    now = time.time()
    since = options.since if options.since is not None else now - _DEFAULT_DAYS * 86_400.0
    wanted = None if options.name is None else called_in_store(options.name)
    deployment = None if wanted is None or wanted.only.deployment_id is None else wanted.name
    tells_tasks = options.tasks or wanted is not None
    flows, tasks = _reckoned(EVERYBODY if wanted is None else wanted.only, since, now, with_tasks=tells_tasks)
    if options.json:
        told = {"since": iso(since), "until": iso(now), **({} if deployment is None else {"deployment": deployment})}
        told["flows"] = [statistics_json(one) for one in flows]
        screen.json(told if tasks is None else {**told, "tasks": [statistics_json(one) for one in tasks]})
        return GOOD
    if not flows:
        _print_nothing(wanted, since, screen)
        return GOOD
    what = "FLOW" if deployment is None else "DEPLOYMENT"
    _print_table(what, [(deployment or one.flow, one) for one in flows], screen)
    if tasks:
        _print_tasks(tasks, len(flows) > 1, screen)
    return GOOD


def _print_nothing(wanted: Called | None, since: float, screen: Screen) -> None:
    of = "" if wanted is None else f" of {wanted.name}"
    screen.line(f"No run{of} has ended since {time.strftime('%Y-%m-%d %H:%M', time.localtime(since))}.")
    if wanted is not None and not wanted.is_known:
        screen.line(Cell(unknown(wanted), "dim"))


def _reckoned(
    whose: Whose, since: float, now: float, *, with_tasks: bool
) -> tuple[list[RunStatistics], list[RunStatistics] | None]:
    with opened_ended_runs() as ended:
        first = min(since, now - 2 * WEEK)
        flows = statistics_of(ended.flow_runs(first, whose), since, now)
        return flows, statistics_of(ended.task_runs(first, whose), since, now) if with_tasks else None


def _print_tasks(tasks: Sequence[RunStatistics], several: bool, screen: Screen) -> None:
    screen.line("")
    shown = sorted(tasks, key=lambda one: -one.total)[:_EVERY_TASK]
    _print_table("TASK", [(_name(one, several), one) for one in shown], screen)
    if len(shown) < len(tasks):
        screen.line(Cell(f"  … and {len(tasks) - len(shown):,} more tasks (all of them: --json)", "dim"))
    screen.line("")
    _print_slowest(tasks, several, screen)
    _print_flakiest(tasks, several, screen)


def _print_table(what: str, named: Sequence[tuple[str, RunStatistics]], screen: Screen) -> None:
    """Print a row for each; where a terminal is too narrow for the names, the trend's picture gives way."""
    room = screen.width - _BESIDE if screen.is_terminal else _LONGEST
    names = [first_line(name, _LONGEST) for name, _ in named]
    draws = screen.draws_icons and max(map(len, names)) <= room
    most = max(_SHORTEST, min(_LONGEST, room if draws else room + SPANS))
    rows = [_row(one, first_line(name, most), draws) for name, (_, one) in zip(names, named, strict=True)]
    screen.table((what, "RUNS", "GOOD", "USUAL", "P95", "WEEK", "TREND"), rows)


def _row(one: RunStatistics, name: str, draws: bool) -> list[Cell]:
    week, style = _week(one)
    return [
        Cell(name, "bold"),
        Cell(f"{one.runs:,}"),
        Cell(_share(one.success_rate), "red" if one.failed else ""),
        Cell(_words(one.median)),
        Cell(_words(one.p95), "dim"),
        Cell(week, style),
        Cell(sparkline([span.median for span in one.spans]) if draws and one.median is not None else "", "blue"),
    ]


def _week(one: RunStatistics) -> tuple[str, str]:
    """How last week's usual duration compares with that of the week before."""
    if (change := one.change) is None:
        return "", ""
    if abs(change) < _STEADY:
        return "as before", "dim"
    if change >= 1.0:
        return f"{change + 1:.1f}x slower", "yellow"
    return (f"{change * 100:.0f} % slower", "yellow") if change > 0 else (f"{-change * 100:.0f} % faster", "green")


def _share(rate: float | None) -> str:
    """A share in whole percent; all of them only where it was all of them."""
    if rate is None:
        return ""
    return f"{min(99, max(1, round(rate * 100))) if 0 < rate < 1 else round(rate * 100)} %"


def _words(seconds: float | None) -> str:
    return "" if seconds is None else duration_words(seconds)


def _name(one: RunStatistics, several: bool) -> str:
    return f"{one.flow} · {one.task}" if several else one.task


def _print_slowest(tasks: Sequence[RunStatistics], several: bool, screen: Screen) -> None:
    whole = sum(one.total for one in tasks)
    for one in sorted(tasks, key=lambda one: -one.total)[:_NAMED]:
        if one.total > 0.0:
            share = _share(one.total / whole)
            said = f"  {_words(one.median)} each, {share} of all time in tasks, {_words(one.longest)} at worst"
            screen.line(Cell("  slowest   ", "dim"), first_line(_name(one, several), 48), Cell(said, "dim"))


def _print_flakiest(tasks: Sequence[RunStatistics], several: bool, screen: Screen) -> None:
    judged = [one for one in tasks if one.completed + one.failed >= FEWEST]
    for one in sorted(judged, key=lambda one: -one.unsteadiness)[:_NAMED]:
        if one.unsteadiness > 0.0:
            said = f"  of {one.runs:,} runs {one.failed:,} failed and {one.tried_again:,} needed another try"
            screen.line(Cell("  flakiest  ", "dim"), first_line(_name(one, several), 48), Cell(said, "dim"))


__all__ = ["stats"]
