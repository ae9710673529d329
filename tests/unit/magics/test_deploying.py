from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.error import UsageError
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_flows.magics.completing import flow_words
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_deployments

FLOW = "from jupyter_flows import flow\n\n@flow\ndef nightly(n: int = 1):\n    return n"
WHOLE = "%flow deploy --name whole --at 09:00 -p day='{tick:%Y-%m-%d}'"

Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Saved:
    """Save a notebook with these cells, and let the front end say that it is this one."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))

    def save(*cells: str) -> Path:
        parameters = new_code_cell("day: str = 'x'", metadata={"tags": ["parameters"]})
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path = tmp_path / "report.ipynb"
        nbformat.write(new_notebook(cells=[parameters, *map(new_code_cell, cells)], metadata=kernel), path)
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        return path

    return save


def deployed() -> dict[str, Any]:
    with open_deployments(load_settings()) as store:
        return {one.definition.name: one.definition for one in store.all()}


def refusal(notebook, line: str) -> str:
    ran = notebook.run(line)
    assert isinstance(ran.error, UsageError)
    return str(ran.error)


def test_a_notebook_deploys_itself_as_it_is_saved(notebook, saved):
    path = saved("1 + 1", WHOLE)
    ran = notebook.good(WHOLE)
    assert ran.out.startswith("whole created, version 1")
    assert (deployed()["whole"].kind, deployed()["whole"].target) == ("notebook", str(path))
    assert dict(deployed()["whole"].parameters) == {"day": "{tick:%Y-%m-%d}"}
    assert "unchanged" in notebook.good(WHOLE).out


def test_a_flow_of_its_cells_is_deployed_by_name(notebook, saved):
    line = "%flow deploy nightly --every 1h -p n=3 --tag a"
    saved(FLOW, line, "raise RuntimeError('not a part of it')")
    notebook.good(line)
    found = deployed()["nightly"]
    assert (found.kind, dict(found.parameters), found.tags) == ("flow", {"n": 3}, ("a",))


def test_a_schedule_is_shown_then_kept(notebook, saved):
    line = "%flow schedule --cron '0 9 * * 1-5' --timezone Europe/Rome"
    saved(line, f"{line} --dry-run")
    assert "nothing is saved" in notebook.good(f"{line} --dry-run").out
    assert deployed() == {}
    out = notebook.good(line).out
    assert out.startswith("at 09:00 on Monday to Friday, Europe/Rome")
    assert "report created, version 1" in out


def test_a_cell_that_is_not_in_the_file_is_not_saved(notebook, saved):
    saved("1 + 1")
    assert "report.ipynb is not saved with this cell in it" in refusal(notebook, WHOLE)
    assert deployed() == {}


def test_where_nobody_tells_which_notebook_it_is_that_is_said(notebook, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert "does not tell which notebook this is" in refusal(notebook, WHOLE)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%flow deploy --cron '5-2 * * * *'", "cron"),
        ("%flow deploy --name", "expected one argument"),
        ("%flow deploy --nam\x1be", "unrecognized"),
        ("%flow deploy 'open", "closing quotation"),
        ("%flow deploy nowhere", "no cell of the file defines it"),
        ("%flow schedule", "say when it runs"),
        ("%flow schedule --at 09:00 -p days=3", "days"),
    ],
)
def test_what_cannot_be_meant_is_said_without_a_traceback(notebook, saved, line, said):
    saved(line)
    words = refusal(notebook, line)
    assert said in words
    assert "\n" not in words
    assert "\x1b" not in words
    assert deployed() == {}


def test_a_notebook_that_is_being_run_does_not_deploy_itself(notebook, saved, monkeypatch):
    saved(WHOLE)
    monkeypatch.setenv("JUPYTER_FLOWS_PARENT_RUN_ID", "abc")
    assert "does nothing here" in notebook.good(WHOLE).out
    assert deployed() == {}


def test_its_help_lists_its_options(notebook, saved):
    saved("%flow deploy --help")
    out = notebook.good("%flow deploy --help").out
    assert "--cron" in out
    assert "{tick:%Y-%m-%d}" in out


def test_the_tab_key_offers_its_options(notebook):
    assert {"--name", "--cron", "--env-file"} <= set(flow_words(notebook.workbench, "%flow deploy "))
    assert "--dry-run" in flow_words(notebook.workbench, "%flow schedule --cron x ")
    assert "deploy" in flow_words(notebook.workbench, "%flow ")
