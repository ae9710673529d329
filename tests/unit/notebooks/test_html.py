from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from jupyter_flows.errors import NotANotebook
from jupyter_flows.notebooks.html import write_html
from jupyter_flows.notebooks.published import RESULT_MIME

EVIL = "<img src=x onerror=window.__x=1><script>window.__x=1</script><svg onload=window.__x=1></svg>"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def page(tmp_path: Path) -> str:
    outputs = [
        new_output("display_data", {"text/html": EVIL, "text/plain": "shown"}),
        new_output("display_data", {"application/javascript": "window.__x=1"}),
        new_output(
            "display_data", {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' onload='window.__x=1'/>"}
        ),
        new_output("display_data", {"text/vnd.mermaid": EVIL}),
        new_output("display_data", {"text/latex": EVIL}),
        new_output("display_data", {"text/markdown": EVIL}),
        new_output("display_data", {"image/png": 'x" onerror="window.__x=1'}),
        new_output("display_data", {RESULT_MIME: {"name": "total", "value": 4217}}),
        new_output("stream", name="stdout", text=f"{EVIL} \x1b[31mred\x1b[0m"),
        new_output("error", ename="E", evalue=EVIL, traceback=[EVIL]),
    ]
    node = new_notebook(cells=[new_code_cell("print(1)", outputs=outputs), new_markdown_cell(f"# Title $x^2$ {EVIL}")])
    node.cells[0].metadata["tags"] = [EVIL, '" onclick="window.__x=1']
    node.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    node.metadata["title"] = EVIL
    nbformat.write(node, tmp_path / "a{b}.ipynb")
    write_html(tmp_path / "a{b}.ipynb", tmp_path / "a.html", f"<svg><title>{EVIL}</title></svg>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a{b}.ipynb"]
    return (tmp_path / "a.html").read_text()


def test_the_page_fetches_nothing_and_runs_nothing(page: str) -> None:
    tags = Page(page).tags
    assert not [tag for tag, _ in tags if tag in ("script", "link", "iframe", "object", "embed", "base")]
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    fetched = [
        attributes[name] or "" for _, attributes in tags for name in ("src", "srcset", "data") if name in attributes
    ]
    # "x" is what is left of the evil image: a file beside the page, which the policy does not let through either.
    assert {source.partition(":")[0] for source in fetched} <= {"data", "x"}
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", page)
    policy = next(a["content"] for tag, a in tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_the_graph_is_an_image_on_top(page: str) -> None:
    image = next(attributes for tag, attributes in Page(page).tags if tag == "img")
    kind, _, content = (image["src"] or "").partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(content).decode() == f"<svg><title>{EVIL}</title></svg>"
    assert image["alt"]


def test_published_values_leave_no_trace(page: str) -> None:
    assert RESULT_MIME not in page
    assert "4217" not in page


def test_a_page_without_a_graph_has_no_figure(tmp_path: Path) -> None:
    nbformat.write(new_notebook(cells=[new_markdown_cell("x")]), tmp_path / "a.ipynb")
    write_html(tmp_path / "a.ipynb", tmp_path / "a.html")
    assert "<figure" not in (tmp_path / "a.html").read_text()


def test_what_is_no_notebook_leaves_no_page(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    with pytest.raises(NotANotebook):
        write_html(tmp_path / "a.ipynb", tmp_path / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.ipynb"]
