from __future__ import annotations

import pytest

from jupyter_flows.services.printed_lines import PrintedLines


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (["one\ntwo\n"], ["one", "two"]),
        (["o", "ne\ntw", "o"], ["one", "two"]),
        (["one\r\ntwo\r\n"], ["one", "two"]),
        (["\n\n  \nx\n"], ["x"]),
        (["10%\r", "50%\r", "100%\n"], ["100%"]),
        (["\r10%", "\r50%", "\r100%"], ["100%"]),
        (["\x1b[31mred\x1b", "[0m\n"], ["red"]),
        (["".join(f"{number}\n" for number in range(5000))], [str(number) for number in range(5000)]),
    ],
)
def test_lines_are_whole_and_none_is_lost(pieces, lines):
    printed = PrintedLines()
    found = [line for piece in pieces for line in printed.add("stdout", piece)]
    assert [*found, *printed.finish()] == lines
    assert list(printed.finish()) == []


def test_streams_do_not_mix():
    printed = PrintedLines()
    assert list(printed.add("stdout", "out ")) == []
    assert list(printed.add("stderr", "err\n")) == ["err"]
    assert list(printed.add("stdout", "more\n")) == ["out more"]


def test_a_line_without_end_is_not_kept_in_memory():
    printed = PrintedLines()
    assert len(list(printed.add("stdout", "x" * 20_000))) == 1
    assert list(printed.finish()) == []


def test_of_very_many_lines_the_first_are_given_and_then_a_word_about_the_others():
    lines = PrintedLines(most=3)
    first = [*lines.add("stdout", "1\n2\n"), *lines.add("stdout", "3\n4\n5"), *lines.add("stderr", "x\n")]
    assert first[:3] == ["1", "2", "3"]
    assert len(first) == 4 and "the executed notebook has all of it" in first[3]
    assert list(lines.finish()) == []
    assert list(lines.add("stdout", "next cell\n")) == ["next cell"]
