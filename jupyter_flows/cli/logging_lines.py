"""`jupyter flows logs`."""

from __future__ import annotations

import json
import logging
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from jupyter_flows.cli.as_json import log_json
from jupyter_flows.cli.exits import BAD_INPUT, GOOD
from jupyter_flows.cli.listing import title
from jupyter_flows.cli.reading import opened_rows, opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import local
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.runs import FlowRun, LogLine, TaskRun
from jupyter_flows.secrets.resolved import redact_json
from jupyter_flows.services.log_lines import log_lines

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_STYLES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red", "DEBUG": "dim"}
_LOOK = 0.2  # seconds between two looks at whether something was written
_OWNER = 2.0  # seconds after which it is looked whether the run's process still lives
_SETTLED = 5.0  # seconds within which a runner decides whether there is a next attempt
_NAMED = 12


def logs(options: Namespace, screen: Screen) -> int:
    """Print what a run and its task runs logged and printed; go on until the run ends, where asked for."""
    with opened_store() as store:
        run = store.flow_run(options.run)
        chosen = _Chosen(store, run.id, options)
        if chosen.task_is_unknown and not (options.follow and not run.state.is_final()):
            return _complain_of_task(chosen, screen)
        if options.follow:
            return _follow(store, run, chosen, options, screen)
        lines = log_lines(store, run.id)
        if options.json:
            screen.json({"logs": [log_json(line, level_name(line.level)) for line in lines if chosen.has(line)]})
            return GOOD
        now = time.time()
        printed = 0
        for line in lines:
            if chosen.has(line):
                printed += 1
                _print(line, chosen.name_of(line.number), screen, now)
    if not printed:
        screen.line("Nothing was logged." if chosen.is_everything else "Nothing of that was logged.")
    return GOOD


def level_name(level: int) -> str:
    """The name of a logging level; of one between two names, that of the lower."""
    return next((name for bound, name in _NAMES if level >= bound), "DEBUG")


_NAMES = ((50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"))


class _Chosen:
    """Which lines are wanted, and whose they are; task runs that begin meanwhile are read when they speak."""

    def __init__(self, store: RunReader, run_id: str, options: Namespace) -> None:
        self._store, self._run_id = store, run_id
        self._least = logging.getLevelNamesMapping()[options.level]
        self._task: str | None = options.task
        self._since: float = options.since or 0.0
        self._runs: dict[int, TaskRun] = {}
        self._read()

    @property
    def is_everything(self) -> bool:
        return self._task is None and not self._since and self._least <= logging.DEBUG

    @property
    def task_is_unknown(self) -> bool:
        return self._task is not None and not any(map(self._is_named, self._runs.values()))

    @property
    def known_tasks(self) -> list[str]:
        return list(dict.fromkeys(run.name for run in self._runs.values()))

    def has(self, line: LogLine) -> bool:
        if line.level < self._least or line.at < self._since:
            return False
        return self._task is None or ((run := self._of(line.number)) is not None and self._is_named(run))

    def name_of(self, number: int) -> str:
        run = self._of(number)
        return "" if run is None else run.name

    def _is_named(self, run: TaskRun) -> bool:
        return self._task in {run.name, run.task, str(run.number), f"{run.task}[{run.map_index}]" if run.map_id else ""}

    def _of(self, number: int) -> TaskRun | None:
        if number and number not in self._runs:
            self._read()
        return self._runs.get(number)

    def _read(self) -> None:
        self._runs = {run.number: run for run in self._store.task_runs(self._run_id)}


def _complain_of_task(chosen: _Chosen, screen: Screen) -> int:
    names = [first_line(name, 48) for name in chosen.known_tasks]
    listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    Screen(sys.stderr).line(f"jupyter flows: no task run of this run is called so; it has: {listed or 'none'}")
    return BAD_INPUT


def _follow(store: RunReader, run: FlowRun, chosen: _Chosen, options: Namespace, screen: Screen) -> int:
    """Print what there is and what comes, until nothing of the run is left to execute."""
    after, attempt = 0, run.attempts
    with ExitStack() as stack:
        has_changed = _changes(stack)
        try:
            while True:
                run = store.flow_run(run.id)  # before its lines: those of a run that is final are all there
                if run.attempts > attempt:
                    attempt = run.attempts
                    _say(f"attempt {attempt}: {run.state.name}", options, screen)
                for line in log_lines(store, run.id, after):
                    after = line.id
                    if chosen.has(line):
                        _print_followed(line, chosen, options, screen)
                if run.state.is_final() and not _comes_again(run):
                    break
                sys.stdout.flush()
                _wait(has_changed)
        except KeyboardInterrupt:
            return GOOD
    if screen.is_terminal and not options.json:
        took = elapsed(run.started_at, run.ended_at)
        screen.line(screen.state(run.state), "  ", Cell(title(run), "bold"), Cell(f"  {took}", "dim"))
    return GOOD


def _print_followed(line: LogLine, chosen: _Chosen, options: Namespace, screen: Screen) -> None:
    if options.json:  # an object per line: who reads it need not wait for the end
        print(json.dumps(redact_json(log_json(line, level_name(line.level)))), file=screen.stream)
    else:
        _print(line, chosen.name_of(line.number), screen, time.time())


def _say(text: str, options: Namespace, screen: Screen) -> None:
    if not options.json:
        screen.line(Cell(f"-- {text}", "dim"))


def _comes_again(run: FlowRun) -> bool:
    """Whether a runner will take a run that did not complete up again: its deployment has attempts left."""
    if str(run.state.kind) == "completed" or run.ended_at is None:
        return False
    from jupyter_flows.store.run_origins import run_origins

    with opened_rows() as store:
        origin = run_origins(store, [run.id]).get(run.id)
    if origin is None or origin.queued.done_at is not None:
        return False
    return origin.queued.due_at > run.ended_at or time.time() - run.ended_at < _SETTLED


def _changes(stack: ExitStack) -> Callable[[], bool]:
    from jupyter_flows.store.ongoing_runs import change_mark

    mark = stack.enter_context(change_mark(stack.enter_context(opened_rows())))
    seen = [mark.read()]

    def has_changed() -> bool:
        before, seen[0] = seen[0], mark.read()
        return seen[0] != before

    return has_changed


def _wait(has_changed: Callable[[], bool]) -> None:
    """Wait until somebody wrote; not for ever, since a process that dies writes nothing."""
    until = time.monotonic() + _OWNER
    while not has_changed() and time.monotonic() < until:
        time.sleep(_LOOK)


def _print(line: LogLine, name: str, screen: Screen, now: float) -> None:
    # One record is one line: its own line breaks are escaped, so that tools can count and sort.
    level = level_name(line.level)
    head = f"{local(line.at, now)} {level:<7} "
    screen.line(
        Cell(head, _STYLES.get(level, "dim")), Cell(f"{name}: " if name else "", "dim"), line.message.rstrip("\n")
    )
