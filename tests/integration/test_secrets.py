"""A secret that is given to a notebook by its name; what else may show one is in tests/faults/test_secret_canary.py."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest

from jupyter_flows.cli.main import main
from jupyter_flows.wiring import use_session


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    text = base64.b85encode(secrets.token_bytes(24)).decode()
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CANARY", text)
    monkeypatch.chdir(tmp_path)
    return text


def leaks(canary: str, folder: Path) -> list[str]:
    """Files in which the canary stands in some form."""
    raw = canary.encode()
    forms = [raw, quote(canary, safe="").encode(), json.dumps(canary)[1:-1].encode(), raw.hex().encode()]
    forms += [base64.b64encode(b"user:" + raw)[8:-4], base64.b64encode(raw)[:-4]]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [f"{path.relative_to(folder)}: {form!r}" for path in files for form in forms if form in path.read_bytes()]


def test_a_notebook_gets_a_secret_by_its_name(canary: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    use_session(None)
    tagged = nbformat.v4.new_code_cell("token = ''", metadata={"tags": ["parameters"]})
    node = nbformat.v4.new_notebook(cells=[tagged, nbformat.v4.new_code_cell("print(len(token), token)")])
    nbformat.write(node, tmp_path / "by_name.ipynb")
    assert main(["run", "by_name.ipynb", "-p", f"token={canary}"]) == 2
    said = capsys.readouterr().err
    assert canary not in said
    assert "-p token=secret:NAME" in said
    assert main(["run", "by_name.ipynb", "-p", "token=secret:CANARY", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    use_session(None)
    executed = nbformat.read(run["artifacts"]["notebook"], 4)
    assert executed.cells[2].outputs[0].text == f"{len(canary)} ••••••\n"
    assert run["parameters"] == {"token": {"$secret": "CANARY"}}
    assert leaks(canary, tmp_path / "data") == []
