"""Pauses across processes: asked in one, answered in another, through the command line."""

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
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader

CLI = [sys.executable, "-m", "jupyter_flows.cli.main"]
FLOWS = """\
from pydantic import BaseModel
from jupyter_flows import flow, pause_flow_run, suspend_flow_run, task

class Approval(BaseModel):
    approve: bool
    count: int = 1

@task
def work():
    with open("worked", "a") as file:
        file.write("x")
    return 5

@flow
def asks():
    work()
    answer = pause_flow_run(wait_for_input=Approval)
    return [answer.approve, answer.count]

@flow
def suspends():
    work()
    return suspend_flow_run(wait_for_input=Approval).count
"""


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_FLOWS_POLL_SECONDS": "0.1"}
        self.reader: RunReader = open_reader(load_settings(self.environment))
        self.started: list[subprocess.Popen[str]] = []
        (folder / "work.py").write_text(FLOWS)

    def start(self, *argv: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*CLI, *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )
        self.started.append(process)
        return process

    def call(self, *argv: str, status: int = 0) -> str:
        out, err = (process := self.start(*argv)).communicate(timeout=60)
        assert process.returncode == status, f"{out}\n{err}"
        assert "Traceback" not in err
        return out + err

    def until(self, state: str, seconds: float = 60.0) -> FlowRun:
        deadline = time.monotonic() + seconds
        while not (found := self.reader.flow_runs(RunFilter(state=state))):
            assert time.monotonic() < deadline, self.reader.flow_runs(RunFilter())
            time.sleep(0.02)
        return found[0]

    def notebook(self, *sources: str) -> str:
        metadata = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}}
        cells = [new_code_cell(source) for source in sources]
        nbformat.write(new_notebook(cells=cells, metadata=metadata), self.folder / "report.ipynb")
        return "report.ipynb"

    def executed(self, run: FlowRun) -> str:
        assert run.directory is not None
        return (Path(run.directory) / "report.ipynb").read_text(encoding="utf-8")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=60)
    made.reader.close()


def test_a_paused_flow_is_resumed_by_another_process_with_typed_input(bench: Bench):
    process = bench.start("run", "work.py:asks", "--json")
    run = bench.until("Paused")
    assert "approve (boolean), count (integer, optional)" in bench.call("show", run.id)
    wrong = bench.call("resume", run.id, "--input", "approve=perhaps", "--input", "count=x", status=2)
    assert "approve: 'perhaps'" in wrong
    assert "count: 'x'" in wrong
    assert bench.reader.inputs(run.id)[0].is_open
    assert "goes on in its process" in bench.call("resume", run.id, "--input", "approve=true", "--input", "count=3")
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["result"] == [True, 3]


def test_a_suspended_flow_goes_on_in_the_process_that_resumes_it(bench: Bench):
    bench.call("run", "work.py:suspends", status=1)
    run = bench.until("Suspended")
    assert "it waits for input" in bench.call("resume", run.id, status=2)
    assert "is missing" in bench.call("resume", run.id, "--input-json", "{}", status=2)
    out = bench.call("resume", run.id, "--input-json", '{"approve": true, "count": 7}', "--json")
    assert '"result": 7' in out
    assert (bench.folder / "worked").read_text() == "x"


def test_a_paused_flow_that_is_told_to_terminate_is_suspended_and_waits_on_in_its_next_attempt(bench: Bench):
    process = bench.start("run", "work.py:asks")
    run = bench.until("Paused")
    process.terminate()
    assert process.wait(timeout=60) == -signal.SIGTERM
    assert bench.reader.flow_run(run.id).state.name == "Suspended"
    assert "Completed" in bench.call("resume", run.id, "--input", "approve=false")
    assert bench.reader.flow_run(run.id).value == "[false,1]"
    assert (bench.folder / "worked").read_text() == "x"


def test_a_paused_flow_whose_process_is_killed_is_crashed_and_its_answer_is_kept_for_the_next_attempt(bench: Bench):
    process = bench.start("run", "work.py:asks")
    run = bench.until("Paused")
    process.kill()
    process.wait(timeout=60)
    assert bench.reader.flow_run(run.id).state.name == "Crashed"
    assert "Completed" in bench.call("resume", run.id, "--input", "approve=true")
    assert bench.reader.flow_run(run.id).value == "[true,1]"


def test_a_suspended_flow_can_be_cancelled(bench: Bench):
    bench.call("run", "work.py:suspends", status=1)
    run = bench.until("Suspended")
    assert "is cancelled" in bench.call("cancel", run.id)


ASKS = "from jupyter_flows import pause_flow_run\nfound = pause_flow_run(wait_for_input=int, message='how many?')"


def test_a_cell_of_a_notebook_pauses_the_run_and_goes_on(bench: Bench):
    target = bench.notebook("before = 1", ASKS, "from jupyter_flows import publish\npublish(found=found + before)")
    process = bench.start("run", target, "--json")
    run = bench.until("Paused")
    assert run.state.message == "how many?"
    assert "integer" in bench.call("resume", run.id, "--input", "x", status=2)
    bench.call("resume", run.id, "--input", "5")
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["values"] == {"found": 6}
    names = [change.state.name for change in bench.reader.states(run.id, 0)]
    assert names == ["Pending", "Running", "Paused", "Running", "Completed"]
    assert "goes on after a pause" in bench.executed(run)


@pytest.mark.parametrize("with_task", [False, True], ids=["plain cells", "beside a task"])
def test_a_cell_of_a_notebook_suspends_the_run_until_it_is_resumed(bench: Bench, with_task: bool):
    first = "%%task load\nopen('worked', 'a').write('x')\nrows = 5" if with_task else "rows = 5"
    suspends = "from jupyter_flows import suspend_flow_run\nfound = suspend_flow_run(int)"
    target = bench.notebook(first, suspends, "from jupyter_flows import publish\npublish(found=found + rows)")
    bench.call("run", target, status=1)
    run = bench.until("Suspended")
    copy = bench.executed(run)
    assert "suspended: waits for input: a value (integer)" in copy
    assert '"traceback"' not in copy
    assert "it waits for input" in bench.call("resume", run.id, status=2)
    assert "Completed" in bench.call("resume", run.id, "--input", "4")
    assert json.loads(bench.reader.flow_run(run.id).value or "") == {"found": 9}
    assert not with_task or (bench.folder / "worked").read_text() == "x"


@pytest.mark.parametrize(
    ("how", "state"),
    [(lambda process: process.terminate(), "Suspended"), (lambda process: process.kill(), "Crashed")],
    ids=["terminated", "killed"],
)
def test_a_paused_notebook_that_loses_its_process_is_resumed(bench: Bench, how: Callable[[Any], None], state: str):
    process = bench.start("run", bench.notebook(ASKS, "from jupyter_flows import publish\npublish(found=found)"))
    run = bench.until("Paused")
    how(process)
    process.wait(timeout=60)
    assert bench.reader.flow_run(run.id).state.name == state
    assert "Completed" in bench.call("resume", run.id, "--input", "5")
    assert json.loads(bench.reader.flow_run(run.id).value or "") == {"found": 5}
