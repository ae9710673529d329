"""The command line as a person uses it: real processes, real kernels, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CLI = [sys.executable, "-m", "jupyter_flows.cli.main"]

FLOWS = """\
from jupyter_flows import flow, task

@task
def score(x):
    if x == 3:
        raise ValueError(f"cannot score {x}")
    return 2 * x

@flow
def daily(n):
    return sum(future.result() for future in score.map(range(n)))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "JUPYTER_DATA_DIR": str(home), "JUPYTER_FLOWS_POLL_SECONDS": "0.1", "COLUMNS": "120"}


@pytest.fixture
def cli(tmp_path: Path, environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*CLI, *argv], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=90)

    return call


@pytest.fixture
def as_json(cli: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., Any]:
    return lambda *argv: json.loads(cli(*argv, "--json").stdout)


@pytest.fixture
def notebook(tmp_path: Path) -> Callable[..., Path]:
    def write(*sources: str, name: str = "report.ipynb", kernel: str = "python3") -> Path:
        cells = [
            new_code_cell(source, metadata={"tags": ["parameters"]} if source.startswith("n:") else {})
            for source in sources
        ]
        metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
        path = tmp_path / name
        nbformat.write(new_notebook(cells=[new_markdown_cell("# Title"), *cells], metadata=metadata), path)
        return path

    return write


@pytest.fixture
def background(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command, and wait until it has printed a word on standard error."""
    started: list[subprocess.Popen[str]] = []

    def start(*argv: str, until: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*CLI, *argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
        )
        started.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if until in line:
                return process
        raise AssertionError(f"ended with {process.wait()} before it said {until!r}")

    yield start
    for process in started:
        process.kill()
        process.communicate()


def kernels_of(run_id: str) -> list[str]:
    """Processes that were started for a run and still live."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"JUPYTER_FLOWS_PARENT_RUN_ID={run_id}".encode() in place.read_bytes():
                found.append(place.parent.name)
        except OSError:
            continue
    return found


def copied_states(run: dict[str, Any]) -> list[str]:
    """What the executed copy says of its cells."""
    node = nbformat.read(Path(run["directory"]) / "report.ipynb", as_version=4)
    return [cell.metadata.jupyter_flows.state for cell in node.cells if cell.cell_type == "code"]


def states(shown: dict[str, Any]) -> list[str]:
    return [run["state"]["name"] for run in shown["task_runs"]]


def until_recorded(as_json: Callable[..., Any], run_id: str, wanted: list[str]) -> None:
    """Wait for these states of a run's cells: what a cell prints may be seen before its start is in the store."""
    deadline = time.monotonic() + 60
    while (found := states(as_json("show", run_id))) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_a_notebook_runs_with_its_cells_its_flows_and_its_artifacts(notebook, cli, as_json, home):
    path = notebook(
        "n: int = 2", FLOWS, "total = daily(n)\nprint('total', total)",
        "from jupyter_flows import publish\npublish(total=total)",
    )  # fmt: skip
    before = path.read_bytes()
    done = cli("run", str(path), "-p", "n=3", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)

    assert run["state"] == {"type": "completed", "name": "Completed", "message": ""}
    assert (run["flow"], run["kind"], run["values"], run["result"]) == (
        "report", "notebook", {"total": 6}, {"total": 6},
    )  # fmt: skip
    assert run["parameters"] == {"n": 3}
    for name, start in {"notebook": "{", "html": "<!DOCTYPE html>", "graph": "<svg", "log": "20"}.items():
        artifact = Path(run["artifacts"][name])
        assert artifact.parent == home / "flows" / "runs" / run["id"] == Path(run["directory"])
        assert artifact.read_text().startswith(start)
        assert artifact.stat().st_mode & 0o077 == 0
    assert "score" in Path(run["artifacts"]["graph"]).read_text()
    nbformat.validate(nbformat.read(run["artifacts"]["notebook"], as_version=4))
    assert path.read_bytes() == before

    shown = as_json("show", run["id"])
    assert states(shown) == ["Completed"] * 4
    assert [cell["number"] for cell in shown["task_runs"]] == [2, 3, 4, 5]
    assert [child["flow"] for child in shown["children"]] == ["daily"]
    assert shown["children"][0]["parent_run_id"] == run["id"]
    assert [line["message"] for line in as_json("logs", run["id"])["logs"]] == ["total 6"]


def test_why_finds_the_task_inside_the_kernel_that_failed_a_cell(notebook, cli, as_json):
    done = cli("run", str(notebook(FLOWS, "daily(5)", "'never'")))
    assert done.returncode == 1
    assert "first failed  score[3]" in done.stderr and "with  x = 3" in done.stderr

    run = as_json("ls", "--flow", "report")["runs"][0]
    assert states(as_json("show", run["id"])) == ["Completed", "Failed", "NotRun"]
    why = as_json("why", run["id"])
    assert why["task"]["name"] == "score[3]"
    assert [cell["number"] for cell in why["cells"]] == [3]
    assert "raise ValueError" in why["traceback"]


def test_why_names_the_cell_that_failed_by_itself(notebook, cli, as_json):
    done = cli("run", str(notebook("n: int = 2", "1 / 0")), "--json")
    assert done.returncode == 1
    why = as_json("why", json.loads(done.stdout)["id"])
    assert (why["task"]["kind"], why["task"]["number"]) == ("cell", 3)
    assert why["error"]["type"] == "ZeroDivisionError"
    assert why["inputs"] == {"n": "2"}
    assert "1 / 0" in why["traceback"] and "An error occurred while" not in why["traceback"]


def test_a_kernel_that_dies_crashes_the_run(notebook, cli, as_json):
    done = cli("run", str(notebook("1", "import os\nos.kill(os.getpid(), 9)", "3")), "--json")
    run = json.loads(done.stdout)
    assert done.returncode == 1
    assert (run["state"]["type"], run["state"]["name"]) == ("crashed", "KernelDied")
    assert states(as_json("show", run["id"])) == ["Completed", "KernelDied", "NotRun"]


def test_a_run_that_passes_its_time_limit_says_so_everywhere(notebook, cli, as_json):
    path = str(notebook("1", "import time\ntime.sleep(60)", "3"))
    for limit in ("3", "12", "40"):  # until the second cell began, however long the kernel takes to start
        done = cli("run", path, "--timeout", limit, "--json")
        run = json.loads(done.stdout)
        assert (done.returncode, run["state"]["name"]) == (1, "TimedOut")
        if states(as_json("show", run["id"]))[0] == "Completed":
            break
    assert states(as_json("show", run["id"])) == ["Completed", "TimedOut", "NotRun"]
    assert copied_states(run) == ["Completed", "TimedOut", "NotRun"]
    assert not kernels_of(run["id"])


def test_a_cell_that_passes_its_time_limit_fails_the_run(notebook, cli, as_json):
    done = cli("run", str(notebook("import time\ntime.sleep(60)", "2")), "--cell-timeout", "0.5", "--json")
    run = json.loads(done.stdout)
    assert (done.returncode, run["state"]["name"]) == (1, "TimedOut")
    assert states(as_json("show", run["id"])) == ["TimedOut", "NotRun"]
    assert not kernels_of(run["id"])


SLEEPS = ("1", "import time\nprint('napping', flush=True)\ntime.sleep(60)", "3")


@pytest.mark.parametrize(
    ("number", "code", "kind", "names"),
    [
        (signal.SIGINT, 130, "cancelled", ["Completed", "Cancelled", "NotRun"]),
        (signal.SIGTERM, -signal.SIGTERM, "crashed", ["Completed", "Interrupted", "NotRun"]),
    ],
)
def test_a_signal_ends_the_run_in_its_true_state_and_leaves_no_kernel(
    notebook, background, as_json, number, code, kind, names
):
    process = background("run", str(notebook(*SLEEPS)), until="| napping")
    process.send_signal(number)
    assert process.wait(60) == code

    run = as_json("ls")["runs"][0]
    assert run["state"]["type"] == kind
    assert states(as_json("show", run["id"])) == names
    executed = nbformat.read(Path(run["directory"]) / "report.ipynb", as_version=4)
    assert executed.cells[2].outputs[0].text == "napping\n"
    assert copied_states(run) == names
    assert not kernels_of(run["id"])


def test_a_notebook_run_can_be_cancelled_from_outside(notebook, background, as_json):
    process = background("run", str(notebook(*SLEEPS)), until="| napping")
    run = as_json("ls", "--state", "running")["runs"][0]
    until_recorded(as_json, run["id"], ["Completed", "Running", "Pending"])

    said = as_json("cancel", run["id"], "--wait", "30")

    assert said["run"]["state"]["type"] == "cancelled"
    assert process.wait(60) == 1
    assert not kernels_of(run["id"])


def test_a_killed_run_shows_as_crashed_at_once(notebook, background, as_json):
    process = background("run", str(notebook(*SLEEPS)), until="| napping")
    run = as_json("ls")["runs"][0]
    until_recorded(as_json, run["id"], ["Completed", "Running", "Pending"])
    process.kill()
    process.wait()
    run = as_json("ls")["runs"][0]
    assert run["state"]["type"] == "crashed"
    assert states(as_json("show", run["id"])) == ["Completed", "Crashed", "Crashed"]
    for pid in kernels_of(run["id"]):  # a kernel sees that its parent has gone within a second or so
        deadline = time.monotonic() + 60
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not Path(f"/proc/{pid}").exists()


BAD_NOTEBOOKS = {
    "empty.ipynb": "",
    "text.ipynb": "not json",
    "list.ipynb": "[]",
    "newer.ipynb": '{"nbformat": 9, "nbformat_minor": 0, "metadata": {}, "cells": []}',
    "other.txt": "{}",
}


@pytest.mark.parametrize("name", [*BAD_NOTEBOOKS, "missing.ipynb", "unknown kernel", "unknown p", "bad p", "missing p"])
def test_bad_input_is_refused_before_anything_is_written(notebook, tmp_path, home, capsys, monkeypatch, name):
    from jupyter_flows.cli.main import main

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home))
    good = str(notebook("n: int"))
    if name in BAD_NOTEBOOKS:
        (tmp_path / name).write_text(BAD_NOTEBOOKS[name])
    argv = {
        "unknown kernel": [good, "-p", "n=1", "--kernel", "no-such-kernel"],
        "unknown p": [good, "-p", "n=1", "-p", "m=2"],
        "bad p": [good, "-p", "n=many"],
        "missing p": [good],
    }.get(name, [str(tmp_path / name)])

    assert main(["run", *argv]) == 2

    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("jupyter flows: ")
    assert not home.exists()


def test_the_executed_copy_goes_where_it_is_wanted(notebook, cli, tmp_path):
    path = notebook("print('x')")
    assert cli("run", str(path), "--output", "copy.ipynb").returncode == 0
    assert nbformat.read(tmp_path / "copy.ipynb", as_version=4).cells[1].outputs[0].text == "x\n"
    refused = cli("run", str(path), "--output", str(path))
    assert refused.returncode == 2 and "never written to" in refused.stderr


def test_files_that_the_notebook_makes_are_kept_and_a_page_is_left_out_on_request(notebook, cli, tmp_path):
    path = notebook("open('rows.csv', 'w').write('1'); open('other.txt', 'w').write('2')")
    done = cli("run", str(path), "--artifacts", "*.csv", "--no-html", "--json")
    run = json.loads(done.stdout)
    assert set(run["artifacts"]) == {"notebook", "graph", "log"}
    assert run["kept"] == [f"{run['directory']}/artifacts/rows.csv"]
    assert Path(run["kept"][0]).read_text() == "1"
    refused = cli("run", str(path), "--artifacts", "/etc/*")
    assert refused.returncode == 2 and "within the notebook's folder" in refused.stderr


def test_stock_papermill_is_another_engine(notebook, cli, as_json):
    path = notebook("n: int = 2", "print(n)", "1 / (n - 3)", "4")
    done = cli("run", str(path), "-p", "n=3", "--engine", "papermill", "--no-html", "--json")
    run = json.loads(done.stdout)
    assert (done.returncode, run["state"]["name"]) == (1, "Failed")
    assert states(as_json("show", run["id"])) == ["Completed", "Completed", "Failed", "NotRun"]
    node = nbformat.read(run["artifacts"]["notebook"], as_version=4)
    assert [cell.metadata.jupyter_flows.state for cell in node.cells if cell.cell_type == "code"] == [
        "Completed", "Completed", "Completed", "Failed", "NotRun",
    ]  # fmt: skip
    assert "ZeroDivisionError" in as_json("why", run["id"])["traceback"]


def test_jupyter_finds_the_command(environment):
    command = Path(sys.executable).with_name("jupyter")
    done = subprocess.run([command, "flows", "version", "--json"], capture_output=True, text=True, env=environment)
    assert set(json.loads(done.stdout)) == {"version"}
