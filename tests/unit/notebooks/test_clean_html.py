from __future__ import annotations

import pytest

from jupyter_flows.notebooks.clean_html import _for_readers, clean_html

PIXEL = "data:image/png;base64,iVBORw0KGgo="

KEPT = [
    "<h1>Title</h1><p>text <em>x</em></p>",
    '<table border="1"><thead><tr><th>a</th></tr></thead><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
    '<a href="https://example.org">x</a>',
    f'<img src="{PIXEL}" alt="dot">',
    '<img alt="Graph" src="data:image/svg+xml,%3Csvg a=\'1\'>%3C/svg>">',
    '<span style="color: red;">x</span>',
    "a &lt; b &amp; c",
    "set-aside-image-7",
]


@pytest.mark.parametrize("markup", KEPT)
def test_what_shows_something_stays(markup: str) -> None:
    assert clean_html(markup) == markup
    assert clean_html(markup.encode()) == markup


GONE = [
    ("<script>alert(1)</script>a", "a"),
    ("<style scoped>.x {color: red}</style>a", "a"),
    ("<STYLE>x</STYLE >a", "a"),
    ('<b onclick="x()">a</b>', "<b>a</b>"),
    ("<img src=x onerror=x()>", '<img src="x">'),
    ('<a href="javascript:x()">a</a>', "<a>a</a>"),
    ('<a href="data:text/html;base64,PHg+">a</a>', "<a>a</a>"),
    ('<iframe src="x"></iframe>a', "a"),
    ("<form action=x><input>a</form>", "a"),
    ("<svg onload=x()><circle/></svg>a", "a"),
    ("<img src=data:image/png;base64,AA onerror=x()>", '<img src="data:image/png;base64,AA">'),
    ('<img src="data:text/html;base64,AA">', "<img>"),
    ("<img src=data:image/svg+xml,%3Csvg onerror=x()>", "<img>"),
    ('<img src="data:image/svg+xml,<script>x()</script>">a', '<img src="data:image/svg+xml,">a'),
    ('<a href="data:image/svg+xml,%3Csvg>">a</a>', "<a>a</a>"),
    ("<!-- c -->a", "a"),
    ("<scr<script></script>ipt>x()</script>a", "x()a"),
]


@pytest.mark.parametrize(("markup", "left"), GONE)
def test_what_does_something_goes(markup: str, left: str) -> None:
    assert clean_html(markup) == left


@pytest.mark.parametrize("opening", ["<style>", "<script ", "<STYLE><script>"])
def test_tags_that_nobody_closes_are_no_reason_to_read_on_and_on(opening: str) -> None:
    text = f"<b>a</b>{opening * 300_000}</template>"
    assert _for_readers(text) == text
