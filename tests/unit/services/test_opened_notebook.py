from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_flows.model.runs import RunFilter
from jupyter_flows.services.opened_notebook import open_failure
from jupyter_flows.wiring import current_reader, result_store, use_session

MODULE = """
from jupyter_flows import flow, task

@task(persist_result=True)
def extract(day):
    return {day}

@task
def count(rows, factor, note):
    return len(rows) * factor + note

@flow
def daily(day):
    return count(extract(day), 3, note=object())
"""


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    use_session(None)
    yield
    use_session(None)


def test_the_failed_task_of_a_flow_is_opened_with_what_is_known_of_its_inputs(tmp_path, monkeypatch):
    (tmp_path / "reports.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    import reports  # type: ignore[import-not-found]

    reports.daily("mon", return_state=True)
    reader = current_reader()
    try:
        (run,) = reader.flow_runs(RunFilter())
        found = open_failure(reader, result_store, run, tmp_path / "look")
    finally:
        reader.close()
    assert found.task == "count"
    assert any("`note` was `<object object" in note for note in found.notes)
    written = nbformat.read(found.path, as_version=4)
    nbformat.validate(written)
    values, call = written.cells[2].source, written.cells[3].source
    assert "kept_value(" in values
    assert call.splitlines()[-3:] == ["from reports import count", "", "count.fn(rows={'mon'}, factor=3, note=...)"]
    script = tmp_path / "values.py"
    script.write_text(values)
    assert runpy.run_path(str(script))["extract"] == {"mon"}
