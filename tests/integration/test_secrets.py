"""A resolved secret is found nowhere: a canary is printed, raised, logged, returned, attached, and looked for."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest

from jupyter_flows.cli.main import main
from jupyter_flows.wiring import use_session

CODE = """
import base64, json, logging
from urllib.parse import quote
from jupyter_flows import Secret, artifact, flow, get_run_logger, task


def forms():
    token = Secret("CANARY").get()
    return [token, base64.b64encode(f"user:{token}".encode()).decode(), quote(token, safe=""), json.dumps([token])]


@task(log_prints=True, retries=1)
def shows(where, how="plain", tags=()):
    found = forms()
    for form in found:
        print("it is", form)
        get_run_logger().warning("it is %s", form)
        logging.getLogger("mine").warning("it is %s", form)
        artifact(markdown=form, key=found[0], description=found[0])
        artifact(table=[{"a": form, form: 1}])
        artifact(link="https://example.org/?" + quote(found[0], safe=""))
    with open("kept.txt", "w") as file:
        file.write("\\n".join(found))
    artifact(file="kept.txt")
    return found


@task(persist_result=True)
def keeps():
    return forms() * 200


@task
def raises(inputs):
    raise ValueError("x" * 470 + inputs[0])


@flow(task_runner=RUNNER, log_prints=True)
def leaking():
    found = shows.submit("here").result()
    print(found)
    keeps.submit().result()
    state = raises(found, return_state=True)
    return found if state.is_completed() else [*found, state.message]
"""


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


@pytest.mark.parametrize("runner", ["threads", "processes"])
def test_nothing_that_a_flow_leaves_behind_shows_it(canary: str, tmp_path: Path, runner: str):
    (tmp_path / "leak.py").write_text(CODE.replace("RUNNER", repr(runner)))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "jupyter_flows.cli.main"]
    done = subprocess.run(
        [*command, "run", "leak.py:leaking", "--json"], env=environment, capture_output=True, text=True, timeout=100
    )
    run = json.loads(done.stdout)
    assert run["state"]["name"] == "Completed"
    (tmp_path / "told").mkdir()
    for words in (["show"], ["logs"], ["why"], ["artifacts"]):
        said = subprocess.run([*command, *words, run["id"], "--json"], env=environment, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        (tmp_path / "told" / words[0]).write_text(said.stdout)
    (tmp_path / "told" / "run").write_text(done.stdout)
    assert leaks(canary, tmp_path / "told") == []
    assert leaks(canary, tmp_path / "data") == []
    assert "••••••" in json.loads((tmp_path / "told" / "logs").read_text())["logs"][0]["message"]


def test_nothing_that_a_notebook_leaves_behind_shows_it(
    canary: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    use_session(None)
    cells = [
        "from jupyter_flows import Secret, artifact\nimport base64, sys\ntoken = Secret('CANARY').get()\nprint(token)",
        "print(base64.b64encode(f'user:{token}'.encode()).decode(), file=sys.stderr)\nstr(token)",
        "artifact(markdown=str(token), key='k', description=str(token))\nfrom IPython.display import HTML\nHTML(token)",
        "raise ValueError(token)",
    ]
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbformat.write(node, tmp_path / "leak.ipynb")
    assert main(["run", "leak.ipynb", "--json"]) == 1
    run = json.loads(capsys.readouterr().out)
    (tmp_path / "told").mkdir()
    for word in ("show", "logs", "why", "artifacts"):
        main([word, run["id"], "--json"])
        (tmp_path / "told" / word).write_text(capsys.readouterr().out)
    use_session(None)
    assert leaks(canary, tmp_path / "told") == []
    assert leaks(canary, tmp_path / "data") == []
    executed = nbformat.read(run["artifacts"]["notebook"], 4)
    assert executed.cells[0].outputs[0].text == "••••••\n"


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
