from __future__ import annotations

import pytest

from jupyter_flows.cli.escaping import escaped, escaped_lines, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\tand tabs", "plain\tand tabs"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\rc", "a\\nb\\rc"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("abc\u202etxt", "abc\\u202etxt"),
        ("line\u2028two", "line\\u2028two"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("lone \udcff", "lone \\udcff"),
        ("grüße 東京 ✓", "grüße 東京 ✓"),
    ],
)
def test_what_moves_cursors_or_turns_text_is_escaped(text, shown):
    assert escaped(text) == shown


def test_lines_are_escaped_one_by_one():
    assert escaped_lines("one\r\ntwo\x1b\n") == ["one", "two\\x1b"]


def test_a_long_line_ends_in_an_ellipsis():
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
