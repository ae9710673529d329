"""Artifacts of a notebook that is run headless, and how the command line lists them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from jupyter_flows.cli.main import main
from jupyter_flows.wiring import use_session

CELLS = [
    "from jupyter_flows import artifact, flow\nartifact(markdown='# seen', key='note', description='what was seen')",
    "for step in range(300):\n    artifact(progress=(step, 299), key='load')",
    "artifact(table=[{'a': 1}, {'a': '<b>'}])\nopen('made.csv', 'w').write('1,2')\nartifact(file='made.csv')",
    "@flow\ndef inner():\n    artifact(link='https://example.org/', key='site')\ninner()",
]


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    use_session(None)
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    (tmp_path / "work").mkdir()
    nbformat.write(node, tmp_path / "work" / "seen.ipynb")
    yield tmp_path / "work" / "seen.ipynb"
    use_session(None)


def test_what_cells_attach_is_shown_in_them_and_listed_with_them(notebook: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", str(notebook), "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert main(["artifacts", run["id"], "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["artifacts"]

    told = [(one["number"], one["kind"], one["key"], one["progress"]) for one in listed]
    assert told == [
        (3, "file", None, None),
        (3, "table", None, None),
        (2, "progress", "load", 1.0),
        (1, "markdown", "note", None),
    ]
    assert Path(listed[0]["path"]).read_text() == "1,2"
    assert Path(listed[3]["path"]).read_text() == "# seen"

    executed = nbformat.read(run["artifacts"]["notebook"], 4)
    assert executed.cells[0].outputs[0].data["text/markdown"] == "# seen"
    (bar,) = executed.cells[1].outputs
    assert bar.data["text/plain"] == "100 %"
    assert "&lt;b&gt;" in executed.cells[2].outputs[0].data["text/html"]

    assert main(["show", run["id"], "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["artifacts"] == 4
    assert main(["artifacts", shown["children"][0]["id"], "--key", "site"]) == 0
    assert "https://example.org/" in capsys.readouterr().out
    assert main(["artifacts", run["id"], "--key", "none"]) == 0
    assert capsys.readouterr().out == "Nothing was attached under this key.\n"

    assert main(["gc", "--keep", "0"]) == 0
    assert not Path(listed[0]["path"]).exists()
