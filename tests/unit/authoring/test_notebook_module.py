"""Flows that are defined in cells, found without running the notebook."""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.authoring.importing import is_importing
from jupyter_flows.authoring.notebook_module import flow_in_notebook
from jupyter_flows.authoring.targets import find_flow, find_recorded
from jupyter_flows.errors import NotebookNotFound, TargetError
from jupyter_flows.testing import flows_test_harness

CELLS = [
    "from jupyter_flows import Flow, flow, task\n%matplotlib inline\nfactor = 2",
    "raise RuntimeError('the notebook was run')",
    "@task\ndef double(x):\n    return x * factor",
    "@flow(name='Daily ETL')\ndef daily(n: int = 1):\n    return double(n)",
    "daily(3)\ndaily.deploy(name='x')",
    "with Flow('graph') as g:\n    double(2)\ng.run()",
    "@flow\ndef broken():\n    return 1 / 0",
    "@flow\ndef odd(x=missing): ...",
]


def found(place: Path, name: str) -> Any:
    return find_flow(f"{place}:{name}")


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None} for text in CELLS
    ]
    path = tmp_path / "etl.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


def test_a_flow_of_a_notebook_runs_like_any_other(notebook: Path):
    with flows_test_harness():
        assert found(notebook, "daily")(4) == 8
        assert found(notebook, "g").run().is_completed()


def test_its_runs_are_found_again(notebook: Path):
    with flows_test_harness() as harness:
        flow = found(notebook, "broken")
        assert flow(return_state=True).is_failed()
        (run,) = harness.reader.flow_runs(_all())
        assert run.entry == f"notebook_etl@{notebook}"
        assert find_recorded(run).name == "broken"


def test_a_flow_is_found_by_its_own_name_too(notebook: Path):
    with flows_test_harness() as harness:
        found(notebook, "daily")(1)
        (run,) = harness.reader.flow_runs(_all())
        assert (run.flow, find_recorded(run).name) == ("Daily ETL", "Daily ETL")
        notebook.write_text(notebook.read_text().replace("Daily ETL", "Weekly"))
        with pytest.raises(TargetError, match=r"Daily ETL: no cell of .*etl.ipynb defines it; it has: .*daily"):
            find_recorded(run)


def test_what_lies_beside_the_notebook_is_imported_from_there(
    notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "path", list(sys.path))
    cells = notebook.read_text().replace("factor = 2", "from beside_a_notebook import factor")
    notebook.write_text(cells)
    kept = tmp_path / "kept"
    kept.mkdir()
    for folder, factor in ((tmp_path, 2), (kept, 10)):
        (folder / "beside_a_notebook.py").write_text(f"factor = {factor}")
        (folder / "etl.ipynb").write_text(cells)
    with flows_test_harness():
        assert flow_in_notebook(kept / "etl.ipynb", "Daily ETL")(4) == 40  # pyright: ignore[reportCallIssue]


def test_tracebacks_show_the_lines_of_the_cell(notebook: Path):
    with flows_test_harness():
        with pytest.raises(ZeroDivisionError) as failure:
            found(notebook, "broken")()
        frame = traceback.extract_tb(failure.value.__traceback__)[-1]
        assert (Path(frame.filename).name, frame.lineno, frame.line) == ("etl.ipynb (cell 7)", 3, "return 1 / 0")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dayly", "no cell of the file defines it; did you mean 'daily'?"),
        ("zzz", "no cell of the file defines it; save the notebook if it is new"),
        ("factor", "'factor' is no flow but a int"),
        ("odd", r"its cells cannot be run: NameError: name 'missing' is not defined .*cell 8"),
    ],
)
def test_what_cannot_be_found_is_told(notebook: Path, name: str, told: str):
    with pytest.raises(TargetError, match=told.replace("?", r"\?")):
        find_flow(f"{notebook}:{name}")


def test_a_notebook_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(NotebookNotFound):
        find_flow(f"{tmp_path}/gone.ipynb:daily")


def test_a_file_can_tell_that_it_is_only_imported(tmp_path: Path):
    (tmp_path / "told.py").write_text(
        "from jupyter_flows import flow\nfrom jupyter_flows.authoring.importing import is_importing\n"
        "seen = is_importing()\n@flow\ndef f(): return seen\n"
    )
    with flows_test_harness():
        assert found(tmp_path / "told.py", "f")() is True
    assert not is_importing()


def _all():
    from jupyter_flows.model.runs import RunFilter

    return RunFilter()
