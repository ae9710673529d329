from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from jupyter_flows.graph.embedded import embedded
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_run


class Images(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "img":
            self.sources.append(dict(attrs)["src"] or "")


@pytest.mark.parametrize("kind", ["midflight", "diamond", "notebook", "hostile"])
def test_what_a_page_reads_out_of_the_image_is_the_drawing(samples, kind):
    graph = RunGraph(picture_of_run(*getattr(samples, kind)()))
    page = Images(graph.html())
    (source,) = page.sources
    drawing = unquote(source.removeprefix("data:image/svg+xml,"))
    assert ET.canonicalize(drawing) == ET.canonicalize(graph.image())
    assert page.tags <= {
        "div",
        "img",
        "details",
        "summary",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "p",
    }


def test_quotes_and_percent_signs_stay_what_they_are():
    made = embedded('<svg a="1">it\'s 5%\n&lt;b&gt;</svg>', "a")
    assert re.fullmatch(r'<img alt="a" src="[^"<&#\n]*">', made)
    assert unquote(Images(made).sources[0]).endswith("<svg a='1'>it&#39;s 5%\n&lt;b&gt;</svg>")
