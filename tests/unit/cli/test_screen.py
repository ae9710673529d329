from __future__ import annotations

import io

import pytest

from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.model.states import completed, failed


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    return Terminal()


def test_a_terminal_gets_icons_words_and_colours(terminal):
    screen = Screen(terminal)
    screen.line(screen.state(failed(0.0)), " x")
    assert "✗ Failed" in terminal.getvalue() and "\x1b[31m" in terminal.getvalue()


def test_no_color_is_honoured(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen(terminal)
    screen.line(screen.state(completed(0.0)))
    assert terminal.getvalue() == "✓ Completed\n"


def test_a_cell_is_no_terminal_although_it_gives_its_commands_one(terminal, monkeypatch):
    monkeypatch.setenv("JPY_PARENT_PID", "1")
    screen = Screen(terminal)
    screen.line(screen.state(completed(0.0)))
    assert (screen.is_terminal, terminal.getvalue()) == (False, "Completed\n")


def test_a_pipe_gets_plain_words():
    stream = io.StringIO()
    screen = Screen(stream)
    screen.line(screen.state(completed(0.0)), "  ", Cell("a\x1b[31m\nb", "bold"))
    assert stream.getvalue() == "Completed  a\\x1b[31m\\nb\n"


@pytest.mark.parametrize("markup", ["[red]x[/red]", ":smile:", "[/]", "http://x"])
def test_markup_is_only_text(terminal, markup, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    Screen(terminal).line(markup)
    assert terminal.getvalue() == f"{markup}\n"


def test_a_table_fits_the_terminal_by_its_last_column(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    rows = [[Cell("a"), Cell("b" * 100)], [Cell("東京"), Cell("c")]]
    Screen(terminal).table(("X", "Y"), rows)
    lines = terminal.getvalue().splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 40 and lines[1].endswith("…")
    assert lines[2] == "東京  c"


def test_a_table_in_a_pipe_is_never_cut_and_leaves_empty_columns_out():
    stream = io.StringIO()
    Screen(stream).table(("X", "NONE", "Y"), [[Cell("a"), Cell(""), Cell("b" * 200)]])
    assert stream.getvalue() == f"X  Y\na  {'b' * 200}\n"
