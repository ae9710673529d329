"""`jupyter flows logs`."""

from __future__ import annotations

import logging
import time
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_flows.cli.as_json import log_json
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import local
from jupyter_flows.model.runs import LogLine

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_PAGE = 10_000
_STYLES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red", "DEBUG": "dim"}


def logs(options: Namespace, screen: Screen) -> int:
    """Print what a run and its task runs logged and printed."""
    least = logging.getLevelNamesMapping()[options.level]
    with opened_store() as store:
        run = store.flow_run(options.run)
        lines = (line for line in _all_lines(store, run.id) if line.level >= least)
        if options.json:
            screen.json({"logs": [log_json(line, level_name(line.level)) for line in lines]})
            return GOOD
        names = {task_run.number: task_run.name for task_run in store.task_runs(run.id)}
        now = time.time()
        printed = 0
        for printed, line in enumerate(lines, 1):  # noqa: B007 - counted, and read below
            _print(line, names.get(line.number, ""), screen, now)
    if not printed:
        screen.line("Nothing was logged.")
    return GOOD


def level_name(level: int) -> str:
    """The name of a logging level; of one between two names, that of the lower."""
    return next((name for bound, name in _NAMES if level >= bound), "DEBUG")


_NAMES = ((50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"))


def _all_lines(store: RunReader, run_id: str) -> Iterator[LogLine]:
    after = 0
    while page := store.logs(run_id, after, _PAGE):
        yield from page
        after = page[-1].id


def _print(line: LogLine, name: str, screen: Screen, now: float) -> None:
    # One record is one line: its own line breaks are escaped, so that tools can count and sort.
    level = level_name(line.level)
    head = f"{local(line.at, now)} {level:<7} "
    screen.line(
        Cell(head, _STYLES.get(level, "dim")), Cell(f"{name}: " if name else "", "dim"), line.message.rstrip("\n")
    )
