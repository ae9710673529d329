from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.notebooks.html import write_html
from jupyter_flows.notebooks.page_process import PageProcess


@pytest.fixture(scope="module")
def pages() -> Iterator[PageProcess]:
    made = PageProcess()
    made.start()
    yield made
    made.close()
    made.close()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "é{x}.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title \u2028")]), path)
    return path


def test_the_pages_are_those_that_this_process_would_write(pages: PageProcess, book: Path, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        pages.write(book, tmp_path / name, "<svg>\n</svg>")
    write_html(book, tmp_path / "here.html", "<svg>\n</svg>")
    assert (tmp_path / "a.html").read_text() == (tmp_path / "b.html").read_text()
    assert (tmp_path / "a.html").read_text() == (tmp_path / "here.html").read_text()


def test_what_cannot_be_written_is_told_and_the_next_can(pages: PageProcess, book: Path, tmp_path: Path) -> None:
    with pytest.raises(JupyterFlowsError, match="there is no notebook"):
        pages.write(tmp_path / "missing.ipynb", tmp_path / "a.html")
    with pytest.raises(JupyterFlowsError, match="No such file or directory"):
        pages.write(book, tmp_path / "missing" / "a.html")
    pages.write(book, tmp_path / "a.html")
    assert (tmp_path / "a.html").exists()


def test_a_process_that_somebody_killed_is_replaced(pages: PageProcess, book: Path, tmp_path: Path) -> None:
    pages.write(book, tmp_path / "a.html")
    assert pages._process is not None
    pages._process.kill()
    pages.write(book, tmp_path / "b.html")
    assert (tmp_path / "b.html").exists()


class Interrupted:
    """The pipe of answers, at which somebody waits who is interrupted."""

    def __init__(self, answers: IO[str]) -> None:
        self.close = answers.close

    def readline(self) -> str:
        raise KeyboardInterrupt


def test_after_an_interrupt_the_next_page_is_there_when_that_is_said(
    pages: PageProcess, book: Path, tmp_path: Path
) -> None:
    pages.write(book, tmp_path / "a.html")
    process: Any = pages._process
    process.stdout = Interrupted(process.stdout)
    with pytest.raises(KeyboardInterrupt):
        pages.write(book, tmp_path / "b.html")
    assert process.poll() is not None
    pages.write(book, tmp_path / "c.html")
    assert (tmp_path / "c.html").exists()
