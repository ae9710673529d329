"""Task cells in a real kernel: where their outputs go, what waits for them, and what an interrupt or restart leaves."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Kernel:
    """A kernel whose cells have ids, as JupyterLab gives them."""

    def __init__(self, home: Path, **added: str) -> None:
        self.manager = KernelManager(kernel_name="python3")
        environment = {**os.environ, "JUPYTER_FLOWS_DIR": str(home), "PYTHONPATH": str(ROOT), **added}
        environment.pop("PYTEST_CURRENT_TEST", None)
        self.manager.start_kernel(env=environment, cwd=str(home))
        self.client: Any = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE)
        self.said: dict[str, list[dict[str, Any]]] = {}

    def send(self, code: str, cell_id: str = "", **metadata: Any) -> str:
        """Send a cell; return the id of the request."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "stop_on_error": True}
        message = self.client.session.msg("execute_request", {**content, "allow_stdin": False})
        message["metadata"] = {**({"cellId": cell_id} if cell_id else {}), **metadata}
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def hear(self) -> dict[str, Any]:
        message = self.client.get_iopub_msg(timeout=DEADLINE)
        self.said.setdefault(message["parent_header"].get("msg_id", ""), []).append(message)
        return message

    def finish(self, request: str) -> dict[str, Any]:
        """Wait for a cell's end; return its reply."""
        while True:
            reply = self.client.get_shell_msg(timeout=DEADLINE)
            if reply["parent_header"].get("msg_id") == request:
                break
        while not any(each["content"].get("execution_state") == "idle" for each in self.said.get(request, ())):
            self.hear()
        return reply["content"]

    def run(self, code: str, cell_id: str = "", **metadata: Any) -> str:
        """Run a cell that must work; return the id of its request."""
        request = self.send(code, cell_id, **metadata)
        reply = self.finish(request)
        assert reply["status"] == "ok", COLOURS.sub("", "\n".join(reply.get("traceback", [])))
        return request

    def await_said(self, request: str, word: str) -> None:
        """Wait until a cell has said something."""
        deadline = time.monotonic() + DEADLINE
        while word not in self.text(request):
            assert time.monotonic() < deadline
            self.hear()

    def text(self, request: str) -> str:
        """What a cell printed, and the text of what it showed."""
        found = ""
        for message in self.said.get(request, ()):
            content = message["content"]
            if message["msg_type"] == "stream":
                found += content["text"]
            elif "data" in content:
                found += content["data"].get("text/plain", "") + "\n"
            elif message["msg_type"] == "error":
                found += f"{content['ename']}: {content['evalue']}\n"
        return COLOURS.sub("", found)

    def kinds(self, request: str) -> list[str]:
        """The kinds of what a cell showed; what it printed in a row counts once, in however many parts it came."""
        kinds = [each["msg_type"] for each in self.said.get(request, ())]
        shown = [kind for kind in kinds if kind not in {"status", "execute_input"}]
        return [kind for before, kind in pairwise(["", *shown]) if not before == kind == "stream"]

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.client.context.destroy(linger=0)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("flows")


@pytest.fixture(scope="module")
def one_kernel(home) -> Iterator[Kernel]:
    made = Kernel(home)
    made.run("%load_ext jupyter_flows\nimport threading, time\ngo_on = threading.Event()")
    yield made
    made.close()


@pytest.fixture
def kernel(one_kernel) -> Iterator[Kernel]:
    """The one kernel, with a notebook that is empty again after the test."""
    yield one_kernel
    one_kernel.run("go_on.set()\n%unload_ext jupyter_flows")
    one_kernel.run("%load_ext jupyter_flows\ngo_on = threading.Event()")
    one_kernel.said.clear()


@pytest.fixture
def runs_of(home) -> Iterator[Any]:
    reader = open_reader(load_settings({"JUPYTER_FLOWS_DIR": str(home)}))

    def find(flow: str) -> list[tuple[str, list[str]]]:
        """The states of a flow's runs, each with those of its task runs."""
        runs = reader.flow_runs(RunFilter(flow, standalone=True))
        return [(run.state.name, [task.state.name for task in reader.task_runs(run.id)]) for run in runs]

    yield find
    reader.close()


BEHIND = """%%task slow --background
from IPython.display import display, HTML
print('one')
go_on.wait(60)
print('two')
display(HTML('<b>three</b>'))
rows = [1, 2, 3]
'four'
"""


def test_a_background_cell_returns_at_once_and_its_outputs_stay_its_own(kernel, runs_of):
    slow = kernel.run(BEHIND, "c1")
    kernel.await_said(slow, "one")
    other = kernel.run("print('other cell'); go_on.set()", "c2")
    third = kernel.run("print(sum(rows))", "c3")
    kernel.await_said(slow, "four")
    assert kernel.text(other) == "other cell\n"
    assert kernel.text(third) == "6\n"
    assert kernel.kinds(slow) == ["stream", "display_data", "execute_result"]
    assert any("<b>three</b>" in json.dumps(each["content"]) for each in kernel.said[slow])
    assert kernel.text(slow).startswith("one\ntwo\n")
    assert runs_of("slow") == [("Completed", ["Completed"])]


def test_a_failed_producer_fails_its_reader_with_its_own_error(kernel):
    bad = kernel.run("%%task bad --background\ngo_on.wait(60)\nvalue = 1 / 0", "c1")
    kernel.run("def late():\n    return value", "c2")
    kernel.run("go_on.set()", "c3")
    for code in ("print(value)", "late()", "%time value", "%%task reads\nx = value"):
        reader = kernel.send(code, "c4")
        reply = kernel.finish(reader)
        assert (reply["status"], reply["ename"]) == ("error", "ZeroDivisionError"), code
        shown = COLOURS.sub("", "\n".join(reply["traceback"]))
        assert "task `bad`, which ran in the background, failed:" in shown
        assert "----> 3 value = 1 / 0" in shown
        assert "jupyter_flows" not in shown
    kernel.await_said(bad, "ZeroDivisionError")
    kernel.run("value = 5", "c5")
    assert kernel.text(kernel.run("print(value)", "c6")) == "5\n"


def test_where_late_messages_are_dropped_a_background_cell_runs_in_the_foreground(kernel):
    request = kernel.run("%%task quick --background\nprint('here')")
    assert "runs in the foreground: this front end drops outputs that come late" in kernel.text(request)
    assert "here" in kernel.text(request)


def test_what_plots_or_asks_is_not_run_beside_the_notebook(kernel):
    for code, word in (
        ("import matplotlib.pyplot as plt\nplt.figure()", "use --isolation process"),
        ("frame.plot()", "plot"),
        ("x = input('?')", "input()"),
    ):
        request = kernel.send(f"%%task --background\n{code}", "c1")
        assert kernel.finish(request)["status"] == "error"
        assert word in kernel.text(request)
        assert "Traceback" not in kernel.text(request)


def test_a_run_of_the_notebook_shows_each_cell_its_own_outputs(kernel):
    first = kernel.run("%%task left\nleft = 1\nprint('left')", "c1")
    second = kernel.run("%%task right\nright = left + 1\nprint('right')\nright", "c2")
    run = kernel.run("%flow run --force", "c3")
    assert kernel.text(run).startswith("TASK")
    assert "print" not in kernel.text(run)
    assert kernel.kinds(first) == ["stream", "clear_output", "stream"]
    assert kernel.kinds(second) == ["stream", "execute_result", "clear_output", "stream", "execute_result"]
    parallel = kernel.run("%flow run --force --parallel", "c4")
    assert kernel.kinds(first)[3:] == ["clear_output", "stream"]
    assert kernel.text(parallel).startswith("TASK")


def test_an_interrupt_leaves_nothing_running(kernel, runs_of):
    naps = "%%task naps\nprint('napping', flush=True)\ntime.sleep(60)"
    napping = ""
    for code, flow in ((naps, "naps"), ("%flow run --force", "notebook")):
        before = len(kernel.kinds(napping))
        request = kernel.send(code, "c1" if flow == "naps" else "c2")
        napping = napping or request
        while len(kernel.kinds(napping)) <= before or kernel.kinds(napping)[-1] != "stream":
            kernel.hear()
        kernel.manager.interrupt_kernel()
        reply = kernel.finish(request)
        assert reply["ename"] == "KeyboardInterrupt"
        assert "jupyter_flows" not in "".join(reply["traceback"])
        assert runs_of(flow)[0] == ("Cancelled", ["Cancelled"])
    assert kernel.text(kernel.run("print('alive')", "c3")) == "alive\n"


def test_the_end_of_a_kernel_leaves_nothing_running(home, runs_of):
    kernel = Kernel(home)
    try:
        kernel.run("%load_ext jupyter_flows\nimport time")
        slow = kernel.run("%%task lasting --background\nprint('at work')\ntime.sleep(100)\nx = 1", "c1")
        kernel.await_said(slow, "at work")
        kernel.client.shutdown(restart=True)
        deadline = time.monotonic() + DEADLINE
        while kernel.manager.is_alive():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        kernel.close()
    assert runs_of("lasting") == [("Cancelled", ["Cancelled"])]


def test_a_background_run_can_be_cancelled(kernel, runs_of):
    slow = kernel.run("%%task stopped --background\nprint('at work')\ngo_on.wait(60)\nz = 1", "c1")
    kernel.await_said(slow, "at work")
    assert "Running" in kernel.text(kernel.run("%flow status", "c2"))
    assert "stopped is asked to stop" in kernel.text(kernel.run("%flow cancel stopped", "c3"))
    assert kernel.finish(kernel.send("z", "c4"))["status"] == "error"
    assert runs_of("stopped") == [("Cancelled", ["Cancelled"])]


def test_cells_run_in_a_process_of_their_own(kernel):
    kernel.run("import os\nbase = 10\ndef double(x):\n    return 2 * x\nkernel_pid = os.getpid()", "c0")
    apart = kernel.run(
        "%%task apart --isolation process --background\n"
        "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\n"
        "plt.plot([1, 2])\nprint('in the worker')\nresult = double(base)\npid = os.getpid()\nresult",
        "c1",
    )
    assert kernel.text(kernel.run("print(result, pid != kernel_pid)", "c2")) == "20 True\n"
    kernel.await_said(apart, "20")
    assert "in the worker" in kernel.text(apart)
    pictures = [each for each in kernel.said[apart] if "image/png" in each["content"].get("data", {})]
    assert len(pictures) == 1
    bad = kernel.send("%%task worse --isolation process\nx = double(base)\n\nx / 0", "c3")
    reply = kernel.finish(bad)
    assert reply["ename"] == "ZeroDivisionError"
    assert "line 4" in COLOURS.sub("", "".join(reply["traceback"]))


def test_a_tagged_cell_is_a_task_for_a_front_end_that_sends_its_metadata(kernel, runs_of):
    kernel.run("x = 1\nx + 1", "c1", tags=["task"], jupyter_flows={"name": "clean", "retries": 1})
    kernel.run("import asyncio\nawait asyncio.sleep(0)\ny = x + 1", "c2", tags=["task"])
    explained = kernel.run("%flow explain", "c3")
    assert "y comes after clean" in kernel.text(explained)
    assert runs_of("clean") == runs_of("y") == [("Completed", ["Completed"])]


def test_a_kernel_that_executes_a_notebook_knows_its_task_cells(tmp_path):
    kernel = Kernel(tmp_path, JUPYTER_FLOWS_PARENT_RUN_ID="run-1")
    try:
        kernel.run("%load_ext jupyter_flows", "c1")
        told = {name: {"jupyter_flows_attempt": {"number": 1, "name": name}} for name in ("rows", "total", "bad")}
        kernel.run("# %%task rows --retries 2\nrows = [1, 2]", "c2", **told["rows"])
        kernel.run("# %%task total\ntotal = sum(rows)", "c3", **told["total"])
        kernel.finish(kernel.send("# %%task bad\nbad = total / 0", "c4", **told["bad"]))
        assert "total comes after rows" in kernel.text(kernel.run("%flow explain", "c5"))
        states = kernel.text(kernel.run("%flow status", "c6")).split("\n")
        assert [line.split()[:3] for line in states[1:4]] == [
            ["rows", "Completed", "yes"],
            ["total", "Completed", "yes"],
            ["bad", "Failed", "no"],
        ]
        kernel.run("rows = [5]", "c7")
        assert "5" in kernel.text(kernel.run("%flow run total\nprint(total)", "c8"))
    finally:
        kernel.close()
