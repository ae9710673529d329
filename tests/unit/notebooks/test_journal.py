from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.executed import ExecutedCopy
from jupyter_flows.notebooks.journal import JOURNAL, rebuild


def code(number: int) -> dict[str, Any]:
    base = {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": str(number)}
    return base | {"execution_count": None, "outputs": []}


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[ExecutedCopy]:
    """A copy of four cells, begun and abandoned as a killed process would: the first done, the second running."""
    book = tmp_path / "book.ipynb"
    markdown = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# T"}
    cells = [code(0), markdown, code(2), code(3)]
    book.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    run = tmp_path / "run"
    run.mkdir()
    made = ExecutedCopy(load_notebook(book), {}, "python3", "python", run / "book.ipynb")
    made.open()
    made.start(0)
    made.outputs.fold(0, "stream", {"name": "stdout", "text": "one \ud800\n"})
    made.outputs.ended(0)
    made.end(0, "Completed")
    made.start(2)
    made.outputs.fold(2, "stream", {"name": "stdout", "text": "half"})
    yield made
    made._close_journal(remove=False)


def states(path: Path) -> list[tuple[str, str]]:
    node = nbformat.read(path, as_version=4)
    nbformat.validate(node)
    return [
        (cell.metadata.jupyter_flows.state, cell.metadata.papermill.status)
        for cell in node.cells
        if cell.cell_type == "code"
    ]


def test_a_killed_run_is_rebuilt_up_to_its_last_ended_cell(copy: ExecutedCopy) -> None:
    run = copy.path.parent
    assert rebuild(run) == copy.path
    assert states(copy.path) == [("Completed", "completed"), ("Crashed", "failed"), ("NotRun", "pending")]
    assert nbformat.read(copy.path, as_version=4).cells[0].outputs[0].text == "one \ud800\n"
    assert [path.name for path in run.iterdir()] == ["book.ipynb"]
    assert rebuild(run) is None


def test_what_the_last_save_had_of_the_running_cell_is_kept(copy: ExecutedCopy) -> None:
    copy.save()
    rebuild(copy.path.parent)
    assert nbformat.read(copy.path, as_version=4).cells[2].outputs[0].text == "half"


@pytest.mark.parametrize("torn", [b'{"cell": 2, "outp', b'{"cell": 2, "metadata": {}}', b"\xff\n", b"[]\n"])
def test_a_torn_line_is_left_out(copy: ExecutedCopy, torn: bytes) -> None:
    with (copy.path.parent / JOURNAL).open("ab") as file:
        file.write(torn)
    rebuild(copy.path.parent)
    assert [state for state, _ in states(copy.path)] == ["Completed", "Crashed", "NotRun"]


def test_a_lost_or_broken_copy_is_made_anew(copy: ExecutedCopy) -> None:
    copy.path.write_text("{")
    rebuild(copy.path.parent)
    assert [state for state, _ in states(copy.path)] == ["Completed", "Crashed", "NotRun"]


@pytest.mark.parametrize(
    "journal",
    [
        *(None, "", "x\n", "[]\n", '{"name": "../../x.ipynb", "node": {}}\n', '{"name": 1, "node": {}}\n'),
        *('{"name": "x.ipynb", "node": {}}\n', '{"name": "x.ipynb", "node": {"cells": []}}\n{"cell": 7}\n'),
        '{"name": "x.ipynb", "node": {"cells": [{"metadata": 3}]}}\n',
    ],
)
def test_no_journal_or_a_strange_one_changes_nothing(tmp_path: Path, journal: str | None) -> None:
    if journal is not None:
        (tmp_path / JOURNAL).write_text(journal)
    before = sorted(tmp_path.iterdir())
    assert rebuild(tmp_path) is None
    assert sorted(tmp_path.iterdir()) == before


def test_a_finished_copy_leaves_no_journal(copy: ExecutedCopy) -> None:
    copy.outputs.ended(2)
    copy.end(2, "Failed", "it broke", failed=True)
    copy.finish(complete=False)
    assert [path.name for path in copy.path.parent.iterdir()] == ["book.ipynb"]
    assert states(copy.path) == [("Completed", "completed"), ("Failed", "failed"), ("NotRun", "pending")]


def test_a_full_disk_keeps_the_journal_and_the_earlier_copy(
    copy: ExecutedCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jupyter_flows.notebooks.executed.replace_text", full)
    assert copy.save_when_due() is not None
    copy._next_save = 0.0
    assert copy.save_when_due() is None  # the run goes on
    copy.outputs.ended(2)
    copy.end(2, "Completed")
    with pytest.raises(Exception, match="could not be written: No space left on device"):
        copy.finish(complete=False)
    assert states(copy.path) == [("Pending", "pending")] * 3
    rebuild(copy.path.parent)
    assert [state for state, _ in states(copy.path)] == ["Completed", "Completed", "NotRun"]


def test_saves_are_few_and_never_more_than_two_percent(copy: ExecutedCopy, monkeypatch: pytest.MonkeyPatch) -> None:
    now, saved = [100.0], list[float]()

    def save(*_: object, **__: object) -> None:
        saved.append(now[0])
        now[0] += 0.1

    monkeypatch.setattr("jupyter_flows.notebooks.executed.time.monotonic", lambda: now[0])
    monkeypatch.setattr("jupyter_flows.notebooks.executed.replace_text", save)
    copy._next_save = 0.0
    while now[0] < 130:
        copy.touch()
        copy.save_when_due()
        now[0] += 0.05
    assert len(saved) <= 30 * 0.02 / 0.1 + 1
