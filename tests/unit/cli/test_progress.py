from __future__ import annotations

import io
import itertools
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jupyter_flows.cli.progress import LiveNotebook, PlainNotebook, _counts
from jupyter_flows.cli.screen import Screen
from jupyter_flows.model.states import PENDING, RUNNING, cancelled, completed, failed
from jupyter_flows.notebooks.document import CodeCell

CELLS = (CodeCell(0, "a = 1"), CodeCell(2, "b\x1b[2J"), CodeCell(3, "c"))


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def play(watcher) -> None:
    watcher.opened("abc", "x.ipynb", CELLS)
    watcher.started(1)
    watcher.printed(1, "out\x1b[31m")
    watcher.ended(1, completed(0.0))
    watcher.started(3)
    watcher.ended(3, failed(0.0, message="ValueError: \x1b[2Jno"))
    watcher.ended(4, cancelled(0.0, "the notebook ended before it", "NotRun"))


def test_a_pipe_gets_one_plain_line_for_each_cell_and_print():
    stream = io.StringIO()
    play(PlainNotebook(Screen(stream)))
    lines = stream.getvalue().splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [
        ["cell", "1", "|"],
        ["cell", "1", "Completed"],
        ["cell", "3", "Failed"],
        ["cell", "4", "NotRun"],
    ]
    assert lines[0] == "run abc of x.ipynb: 3 cells"
    assert "\x1b" not in stream.getvalue()


def test_one_cell_is_one_cell():
    stream = io.StringIO()
    PlainNotebook(Screen(stream)).opened("abc", "x.ipynb", [CodeCell(0, "x = 1")])
    assert stream.getvalue() == "run abc of x.ipynb: 1 cell\n"


def test_quiet_says_nothing():
    stream = io.StringIO()
    play(PlainNotebook(Screen(stream), quiet=True))
    assert stream.getvalue() == ""


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_a_terminal_gets_one_line_for_each_cell_that_fits(monkeypatch, columns):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", columns)
    stream = Terminal()
    watcher = LiveNotebook(Screen(stream))
    assert "starts the kernel" in watcher.picture().plain
    play(watcher)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()
    assert [line[0] for line in lines] == ["x", "✓", "✗", "⊘"]
    assert max(map(len, lines)) <= int(columns)
    assert not any("\x1b" in line for line in lines)


def test_the_running_cell_shows_its_last_line(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    watcher = LiveNotebook(Screen(Terminal()))
    watcher.opened("abc", "x.ipynb", CELLS)
    watcher.started(3)
    watcher.showing(3, "epoch 3 of 10\x1b[2J")
    shown = watcher.picture().plain
    assert "b\\x1b[2J" in shown and "epoch 3 of 10" in shown and "\x1b" not in shown


def test_a_flow_run_counts_what_has_ended_failed_runs_and_waits():
    nodes = {number: SimpleNamespace(kind=kind) for number, kind in enumerate([RUNNING, RUNNING, PENDING, PENDING])}
    machine = SimpleNamespace(nodes=nodes, ended=SimpleNamespace(failures=lambda: 1))
    run = SimpleNamespace(name="daily-abc", machine=machine, numbers=itertools.count(10))
    shown = "".join(cell.text for cell in _counts(cast("Any", run), 2.0))
    assert shown == "daily-abc  2.0 s   ✓ 5 done   ✗ 1 failed   ◐ 1 running   ○ 2 waiting"
