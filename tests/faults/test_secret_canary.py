"""Secrets that are shown in every way are found nowhere: in no file, no output of a command, no list of processes.

Each is kept in another way. User code prints them whole and piece by piece, in many forms, raises, logs, returns,
displays and attaches them, and gives them to other programs; then all that is left behind is searched.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from tests.faults.canary import Canaries

MASK = "••••••"

FLOW = """
import numpy as np
import pandas as pd
from jupyter_flows import Completed, flow, task
from showing import canaries, note_processes, show


class Odd:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return "x" * 100 + self.text


@task(log_prints=True)
def shows():
    for text in canaries():
        show(text)
    return canaries()


@task(persist_result=True)
def frame():
    return pd.DataFrame({"a": canaries()})


@task(persist_result=True, result_serializer="parquet")
def compressed():
    return pd.DataFrame({"a": [text + str(row) for row in range(100) for text in canaries()]})


@task(persist_result=True)
def array():
    return np.array(canaries())


@task(persist_result=True)
def pickled():
    return {1: set(canaries())}


@task
def ends(text):
    return Completed(text, name=text)


@task
def raises(text, frame, odd):
    raise ValueError("x" * 470 + text)


@flow
def failing(text):
    raise RuntimeError(text)


@flow(task_runner=RUNNER, log_prints=True)
def leaking():
    found = shows.submit().result()
    note_processes(found)
    for kept in (frame, compressed, array, pickled):
        kept.submit().result()
    for text in found:
        ends.with_options(name=text, tags=[text])(text)
        raises(text, pd.DataFrame({"a": [text]}), Odd(text), return_state=True)
        failing.with_options(name=text, flow_run_name=text.translate(dict.fromkeys(map(ord, "{}"))), tags=[text])(
            text, return_state=True
        )
    return found
"""

CELLS = [
    "%load_ext jupyter_flows\nfrom showing import *\nfound = canaries()\nnote_processes(found)",
    "for text in found: show(text)",
    "%%task shown\nshow(found[0])\nkept = [forms(text) for text in found]",
    "import pandas as pd\npd.DataFrame({'<' + text: [text] for text in found})",
    "from IPython.display import HTML, JSON, Markdown, SVG, display\n"
    "for text in found:\n"
    "    as_svg = f'<svg xmlns=\"http://www.w3.org/2000/svg\"><text>{html.escape(text)}</text></svg>'\n"
    "    display(HTML(html.escape(text)), JSON({text: [text]}), Markdown(text), SVG(as_svg))",
    "for text in found:\n"
    "    for piece in (text[:9], text[9:]):\n"
    "        sys.stdout.write(piece); sys.stdout.flush(); os.write(2, piece.encode()); sys.stderr.flush()",
    "from jupyter_flows import publish\nfor text in found: publish(**{'shown_' + str(len(text)): text})",
    "%%task behind --background\nshow(found[2])\nlater = found[3]",
    "print(later)",
    "%%task failing --retries 1\ndef inner(text):\n    raise ValueError('y' * 470 + text)\ninner(found[4])",
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Canaries:
    return Canaries.kept(tmp_path_factory.mktemp("canaries"))


@pytest.mark.parametrize(
    ("runner", "asked"), [("threads", ["leak.py:leaking"]), ("processes", ["--deployment", "leaking"])]
)
def test_of_a_flow_no_file_command_or_list_of_processes_shows_a_secret(
    kept: Canaries, tmp_path: Path, runner: str, asked: list[str]
):
    canaries = kept.copied(tmp_path)
    (canaries.work / "leak.py").write_text(FLOW.replace("RUNNER", repr(runner)))
    if "--deployment" in asked:
        assert canaries.cli("deploy", "leak.py:leaking").returncode == 0
    done = canaries.cli("run", *asked, "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)["id"]
    told = canaries.json_of(*_about(run, tmp_path))
    assert json.dumps(MASK)[1:-1] in told
    assert canaries.leaks(done.stdout, told, canaries.data, tmp_path / "exported") == []
    assert canaries.shown_processes()["argv"] == []


def test_of_a_notebook_no_file_command_or_list_of_processes_shows_a_secret(kept: Canaries, tmp_path: Path):
    canaries = kept.copied(tmp_path)
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nbformat.write(node, canaries.work / "leak.ipynb")
    done = canaries.cli("run", "leak.ipynb", "--json")
    run = json.loads(done.stdout)
    assert run["state"]["message"].startswith("cell 10"), run["state"]
    told = canaries.json_of(*_about(run["id"], tmp_path))
    assert canaries.leaks(done.stdout, done.stderr, told, canaries.data, tmp_path / "exported") == []
    executed = nbformat.read(run["artifacts"]["notebook"], 4)
    assert "".join(output.text for output in executed.cells[5].outputs if output.name == "stdout") == MASK * 5
    shown = canaries.shown_processes()
    assert shown["argv"] == []
    assert [command for command in shown["environ"] if "page_process" in command or "/sh -c" in command] == []
    assert any("jupyter_flows.cli.main" in command for command in shown["environ"])  # they are seen where they must be


def test_no_message_of_an_interactive_kernel_shows_a_secret(kept: Canaries, tmp_path: Path):
    canaries = kept.copied(tmp_path)
    manager = KernelManager(kernel_name="python3")
    log = (tmp_path / "private" / "kernel.log").open("wb")
    manager.start_kernel(env=canaries.environment, cwd=str(canaries.work), stdout=log, stderr=log)
    try:
        client: Any = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        said = "\n".join(_said(client, source) for source in CELLS)
        client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)
        log.close()
    assert said.count(MASK) > 300
    assert canaries.leaks(said, (tmp_path / "private" / "kernel.log").read_text(), canaries.data) == []


def test_a_copy_without_the_key_shows_nothing_and_says_what_is_missing(kept: Canaries, tmp_path: Path):
    canaries = kept.copied(tmp_path)
    shutil.copytree(canaries.data, tmp_path / "copy")
    assert canaries.leaks(tmp_path / "copy") == []
    elsewhere = {"JUPYTER_DATA_DIR": str(tmp_path / "copy"), "JUPYTER_CONFIG_DIR": str(tmp_path / "other")}
    for code in ("from jupyter_flows import Secret; Secret('IN_FILE').get()", "import showing; showing.canaries()"):
        done = canaries.python("-c", code, **elsewhere)
        assert done.returncode == 1
        assert "its key is missing: put it back to " in done.stderr
        assert canaries.leaks(done.stdout, done.stderr) == []
    assert not (tmp_path / "other").exists()  # no new key is made for what it would not open


def test_after_a_rotation_the_old_key_opens_nothing_and_the_new_one_everything(kept: Canaries, tmp_path: Path):
    canaries = kept.copied(tmp_path)
    shutil.copytree(tmp_path / "private" / "config", tmp_path / "old")
    rotated = canaries.cli("secret", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    code = "import showing; print(len(showing.canaries()))"
    assert canaries.python("-c", code).stdout == "5\n"
    refused = canaries.python("-c", code, JUPYTER_CONFIG_DIR=str(tmp_path / "old"))
    assert "does not open it" in refused.stderr
    assert canaries.leaks(refused.stdout, refused.stderr, canaries.data) == []


def _about(run: str, home: Path) -> list[str]:
    of_run = [f"{command} {run}" for command in ("show", "logs", "why", "artifacts")]
    others = [
        "ls",
        "stats",
        "deployments ls",
        "schedules",
        "limits ls",
        "events",
        "cache ls",
        "secret ls",
        "variable ls",
        "block ls",
    ]
    return [*of_run, *others, "block show canary-database/main", "config", f"export {run} {home / 'exported'}"]


def _said(client: Any, source: str) -> str:
    """All messages of a cell as JSON; a stream's texts also as a notebook joins them."""
    request = client.execute(source)
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1]["content"].get("execution_state") != "idle":
        message = client.get_iopub_msg(timeout=60)
        messages.append(message)
        if message["parent_header"].get("msg_id") != request:
            message["content"].pop("execution_state", None)  # of a cell behind this one
    reply = client.get_shell_msg(timeout=60)
    contents = [message["content"] for message in [*messages, reply] if message["msg_type"] != "execute_input"]
    texts = [json.dumps(contents, ensure_ascii=False)]
    for name in ("stdout", "stderr"):
        texts.append("".join(content["text"] for content in contents if content.get("name") == name))
    return "\n".join(texts)
