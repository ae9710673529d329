from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.errors import NotebookError
from jupyter_flows.notebooks.cell_plan import CellPlan, digest_of_cell, plan_cells
from jupyter_flows.notebooks.document import load_notebook

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def planned(folder: Path, *cells: str | tuple[str, dict[str, Any]]) -> CellPlan:
    given = [cell if isinstance(cell, tuple) else (cell, {}) for cell in cells]
    nodes = [
        {"cell_type": "code", "id": f"c{n}", "source": text, "metadata": meta, "execution_count": None, "outputs": []}
        for n, (text, meta) in enumerate(given)
    ]
    path = folder / "book.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": PYTHON, "cells": nodes}))
    return plan_cells(load_notebook(path))


def test_a_notebook_without_tasks_is_not_looked_into(tmp_path):
    assert planned(tmp_path, "x = 1", "this is no python").cells == {}


def test_tasks_are_named_as_in_the_notebook_and_joined_by_their_names(tmp_path):
    plan = planned(
        tmp_path, "%%task\nraw = 1", "limit = 2", "%%task clean --retries 2\nclean = raw + limit", "print(clean)"
    )
    assert [(cell.number, cell.name) for cell in plan.tasks] == [(1, "raw"), (3, "clean")]
    assert plan.upstreams(2) == (0,)
    assert plan.takes(2) == {0: {"raw"}, 1: {"limit"}}
    assert plan.to_keep(0) == ("raw",)
    assert plan.to_keep(2) == ("clean",)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("%%task a\nx = 1", "# %%task a\nx = 1"),
        ("\n\n%%task a\nx = 1", "\n\n# %%task a\nx = 1"),
        ("%%task a\n\n%%time\nx = 1", "%%time\nx = 1"),
        ("%%task a\n!ls", "# %%task a\n!ls"),
        ("y = 1", "y = 1"),
    ],
)
def test_a_task_is_sent_as_a_plain_cell_with_every_line_where_it_was(tmp_path, text, sent):
    plan = planned(tmp_path, text, "%%task other\nz = 1")
    assert plan.cells[0].sent == sent or not plan.cells[0].is_task
    assert plan.cells[0].text == text


def test_a_plain_cell_waits_for_the_last_tasks_above_it(tmp_path):
    plan = planned(tmp_path, "%%task a\nx = 1", "%%task b\ny = x", "%%task c\nz = 1", "1", "%%task d\nw = 1", "2")
    assert plan.last_tasks(None, 3) == [1, 2]
    assert plan.last_tasks(3, 5) == [4]


def test_options_that_mean_another_thing_headless_are_noted(tmp_path):
    plan = planned(tmp_path, "%%task a --cache always --isolation process\nx = 1", "%%task b --isolation shared\ny = 1")
    said = "--isolation process copies its inputs: a headless run is a process of its own already"
    assert plan.notes == (f"cell 1 (a): {said}",)


def test_functions_stay_with_the_magic_which_makes_tasks_of_them(tmp_path):
    plan = planned(tmp_path, "%%task\ndef f(x):\n    return x")
    assert not plan.tasks
    assert plan.cells[0].sent.startswith("%%task")


def test_a_tag_means_the_same_also_in_an_executed_copy(tmp_path):
    tag = {"tags": ["task"], "jupyter_flows": {"name": "load", "retries": 1, "state": "Completed", "message": "…"}}
    plan = planned(tmp_path, ("rows = [1]", tag))
    (task,) = plan.tasks
    assert (task.name, task.line and task.line.retries, task.sent) == ("load", 1, "rows = [1]")


def test_all_that_a_task_gives_is_kept_where_a_later_cell_hides_what_it_reads(tmp_path):
    assert planned(tmp_path, "%%task a\nx, y = 1, 2", "print(x)").to_keep(0) == ("x",)
    assert set(planned(tmp_path, "%%task a\nx, y = 1, 2", "exec(code)").to_keep(0)) == {"x", "y"}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("%%task a --retires 3\nx = 1",), r"cell 1: %%task has no option '--retires'; did you mean '--retries'\?"),
        (("%%task a\nx = 1", "1", "%%task a\ny = 1"), "cells 1 and 3 are both the task 'a'; rename one"),
        (
            ("%%task load\nx = 1", "%%task --after laod\ny = 1"),
            "cell 2: .*no earlier task of that name; did you mean 'load'",
        ),
        (("%%task a --after b\nx = 1", "%%task b\ny = 1"), r"cell 1: .*it comes later \(cell 2\)"),
        (("%%task a --out claen\nclean = 1",), "cell 1: .*never binds it; did you mean 'clean'"),
    ],
)
def test_bad_task_cells_are_refused_by_their_number(tmp_path, cells, said):
    with pytest.raises(NotebookError, match=said):
        planned(tmp_path, *cells)


def test_a_digest_does_not_know_layout_or_options(tmp_path):
    plan = planned(tmp_path, "%%task a\nx  =  1  # one")
    cell = {"source": "%%task b --retries 3\nx = 1", "metadata": {}}
    assert digest_of_cell(cell) == plan.cells[0].digest


def test_a_task_line_that_is_not_the_first_is_told(tmp_path):
    said = "cell 1 is no task: its `%%` line is line 2; make it the first one"
    assert planned(tmp_path, "# why\n%%task a\nx = 1").notes == (said,)
    assert planned(tmp_path, "# why\n%%task a\nx = 1", "%%task\ny = 1").notes == (said,)
