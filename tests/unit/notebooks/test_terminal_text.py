from __future__ import annotations

import pytest

from jupyter_flows.notebooks.terminal_text import last_line, overwritten, without_escapes

ESCAPES = [
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b[1;38;5;9mx", "x"),
    ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
    ("\x1b]0;title\x1b\\rest", "rest"),
    ("a\x1bMb", "ab"),
    ("plain [31m", "plain [31m"),
]


@pytest.mark.parametrize(("text", "plain"), ESCAPES)
def test_escapes_are_removed(text: str, plain: str) -> None:
    assert without_escapes(text) == plain


LINES = [
    ("one\ntwo\n\n", "two"),
    (" 10%\r 20%\r", "20%"),
    ("\x1b[2Kfine\x07", "fine"),
    ("", ""),
    ("\n\n", ""),
    ("x" * 300, "x" * 199 + "…"),
]


@pytest.mark.parametrize(("text", "line"), LINES)
def test_the_last_line_is_plain_and_short(text: str, line: str) -> None:
    assert last_line(text) == line


REWRITTEN = [("a\n", "a\n"), (" 1%\r 2%\r 3%\n", " 3%\n"), ("a\r\nb\r\n", "a\nb\n"), ("a\rb", "b"), ("50%\r", "50%")]


@pytest.mark.parametrize(("text", "shown"), REWRITTEN)
def test_rewritten_lines_keep_their_last_form(text: str, shown: str) -> None:
    assert overwritten(text) == shown
