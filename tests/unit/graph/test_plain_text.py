from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.graph.plain_text import first_line, markup, plain


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a plain name", "a plain name"),
        ("two\n lines\tand tabs", "two lines and tabs"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("inv\u202eexe.txt", "inv\ufffdexe.txt"),
        ("zero\u200bwidth", "zerowidth"),
        ("nul\x00 bell\x07", "nul\ufffd bell\ufffd"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * 3),
        ("naïve 日本 🎉", "naïve 日本 🎉"),
        ("", ""),
    ],
)
def test_text_draws_as_it_reads(text: str, line: str):
    assert plain(text) == line


def test_long_text_ends_in_an_ellipsis():
    assert plain("x" * 50, 10) == "x" * 9 + "…"


def test_the_first_line_that_says_something():
    assert first_line("\n\n  ValueError: no\nmore") == "ValueError: no"
    assert first_line(" \n ") == ""


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_becomes_well_formed_xml(text: str):
    parsed = ET.fromstring(f'<a b="{markup(text)}">{markup(text)}</a>')
    assert (parsed.text or "") == plain(text)
