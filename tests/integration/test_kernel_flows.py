"""Flows in the cells of a real kernel: sync, async and awaited, redefined, interrupted, and where prints land."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.manager import KernelManager

from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0


class Notebook:
    """A kernel and the cells that it was given."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.manager = KernelManager(kernel_name="python3")
        environment = {**os.environ, "JUPYTER_FLOWS_DIR": str(home), "PYTHONPATH": str(ROOT)}
        self.manager.start_kernel(env=environment, cwd=str(home))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE)
        self.streams: dict[str, str] = {}

    def start(self, code: str) -> str:
        """Send a cell; return its id."""
        return self.client.execute(code)

    def finish(self, cell: str) -> dict[str, Any]:
        """Wait for a cell's end; return its reply, and keep what every cell printed."""
        deadline = time.monotonic() + DEADLINE
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            origin, content = message["parent_header"].get("msg_id", ""), message["content"]
            if message["msg_type"] == "stream":
                self.streams[origin] = self.streams.get(origin, "") + content["text"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle" and origin == cell:
                break
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == cell:
                return reply["content"]

    def run(self, code: str) -> str:
        """Run a cell that must work; return what it printed."""
        cell = self.start(code)
        reply = self.finish(cell)
        assert reply["status"] == "ok", "\n".join(reply.get("traceback", []))
        return self.streams.get(cell, "")

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.client.context.destroy(linger=0)


@pytest.fixture
def notebook(tmp_path) -> Iterator[Notebook]:
    made = Notebook(tmp_path)
    yield made
    made.close()


@pytest.fixture
def reader(tmp_path):
    opened = open_reader(load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)}))
    yield opened
    opened.close()


FIRST = """
import asyncio, threading, time
from jupyter_flows import flow, task

@task
def add(x, y=1):
    return x + y

@task
async def add_async(x, y=1):
    await asyncio.sleep(0.01)
    return x + y

@flow
def total(n):
    return sum(add.map(list(range(n))).result()) + add(1)

@flow
async def total_async(n):
    children = add_async.map(list(range(n)))
    return sum([await child for child in children]) + await add_async(1)
"""


def test_sync_async_and_awaited_calls_all_work_in_cells(notebook, reader):
    notebook.run(FIRST)
    assert notebook.run("print(total(4))") == "12\n"
    assert notebook.run("print(await total_async(4))") == "12\n"
    assert notebook.run("print(await add.submit(1))") == "2\n"
    assert notebook.run("print(await add_async.submit(1))") == "2\n"
    assert notebook.run("print(await add_async(2))") == "3\n"
    assert notebook.run("print(add_async.submit(3).result())") == "4\n"
    assert notebook.run("print(sum(await asyncio.gather(*[total_async(3) for _ in range(5)])))") == "40\n"
    assert notebook.run("print([await future for future in add.map([1, 2])], total(2))") == "[2, 3] 5\n"
    assert {run.state.name for run in reader.flow_runs(RunFilter(standalone=True))} == {"Completed"}


def test_a_redefined_task_runs_its_new_code(notebook):
    notebook.run(FIRST)
    assert notebook.run("print(total(2))") == "5\n"
    notebook.run("@task\ndef add(x, y=1):\n    return 10 * x")
    assert notebook.run("print(total(2))") == "20\n"
    notebook.run("@task\nasync def add_async(x, y=1):\n    return 10 * x")
    assert notebook.run("print(await total_async(2))") == "20\n"


INTERRUPTED = {
    "a sync chain": (
        "@task\ndef nap():\n    print('napping', flush=True)\n    time.sleep(60)\n"
        "@flow\ndef body():\n    many = add.map(list(range(50)))\n    nap()\n    return many\n",
        "body()",
    ),
    "a map": (
        "@task\ndef nap(x):\n    print('napping', flush=True)\n    threading.Event().wait(60)\n"
        "@flow\ndef body():\n    return nap.map(list(range(30))).result()\n",
        "body()",
    ),
    "an async flow": (
        "@task\nasync def nap(x):\n    print('napping', flush=True)\n    await asyncio.sleep(60)\n"
        "@flow\nasync def body():\n    many = nap.map([1, 2, 3])\n    await nap(1)\n",
        "await body()",
    ),
}


@pytest.mark.parametrize("kind", INTERRUPTED)
def test_an_interrupted_cell_leaves_nothing_running_and_the_next_cell_works(kind, notebook, reader):
    definitions, call = INTERRUPTED[kind]
    notebook.run(FIRST + definitions)
    notebook.run("print(total(1))")
    for _ in range(2):
        cell = notebook.start(call)
        while True:
            message = notebook.client.get_iopub_msg(timeout=DEADLINE)
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == cell:
                break
        threading.Event().wait(0.05)
        notebook.manager.interrupt_kernel()
        reply = notebook.finish(cell)
        assert reply["status"] == "error"
        assert reply["ename"] in {"KeyboardInterrupt", "CancelledError"}
        runs = reader.flow_runs(RunFilter(flow="body"))
        assert {run.state.name for run in runs} == {"Cancelled"}
        for run in runs:
            children = reader.task_runs(run.id)
            assert {child.state.name for child in children} <= {"Cancelled", "Completed"}
            assert all(child.ended_at is not None for child in children)
        assert notebook.run("print(total(4), await total_async(4))") == "12 12\n"


def test_prints_of_a_submitted_task_land_in_the_cell_that_started_it(notebook):
    notebook.run(
        "import threading\nfrom jupyter_flows import flow, task\ngo_on = threading.Event()\n"
        "@task\ndef talks(word):\n    print('first', word)\n    go_on.wait(60)\n    print('second', word)\n"
        "@flow\ndef body():\n    return talks.submit('flow').result()\n"
    )
    first = notebook.start("future = talks.submit('alone')")
    notebook.finish(first)
    second = notebook.start("print('next cell'); go_on.set(); future.result()")
    notebook.finish(second)
    third = notebook.start("body()")
    notebook.finish(third)
    notebook.run("pass")
    assert notebook.streams[first] == "first alone\nsecond alone\n"
    assert notebook.streams[second] == "next cell\n"
    assert notebook.streams[third] == "first flow\nsecond flow\n"


IN_PROCESSES = """
import os
from jupyter_flows import ProcessPoolTaskRunner, flow, task

OFFSET = 10

class Point:
    def __init__(self, x):
        self.x = x

@task
def shift(point):
    return Point(point.x + OFFSET)

@task
def work(point):
    print("at", point.x)
    return shift(point), os.getpid()

@flow(task_runner=ProcessPoolTaskRunner(1))
def shifted(n):
    ends = work.map([Point(number) for number in range(n)]).result()
    return [(point.x, type(point) is Point, pid != os.getpid()) for point, pid in ends]
"""


def test_functions_and_classes_of_cells_run_in_worker_processes(notebook):
    notebook.run(IN_PROCESSES)
    assert notebook.run("print(shifted(2))") == "at 0\nat 1\n[(10, True, True), (11, True, True)]\n"
    assert notebook.run("OFFSET = 20\nprint(shifted(1))") == "at 0\n[(20, True, True)]\n"


def test_an_interrupted_cell_kills_its_worker_processes(notebook, reader):
    notebook.run(IN_PROCESSES)
    cell = notebook.start(
        """
@task
def stuck():
    open("pid", "w").write(str(os.getpid()))
    while True:
        pass

@flow(task_runner=ProcessPoolTaskRunner(1))
def waits():
    stuck.submit().result()

waits()
"""
    )
    written = notebook.home / "pid"
    deadline = time.monotonic() + DEADLINE
    while not (written.exists() and written.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    notebook.manager.interrupt_kernel()
    assert notebook.finish(cell)["ename"] == "KeyboardInterrupt"
    worker = int(written.read_text())
    while psutil.pid_exists(worker):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (run,) = reader.flow_runs(RunFilter())
    assert [run.state.name, reader.task_runs(run.id)[0].state.name] == ["Cancelled", "Cancelled"]
    assert notebook.run("print(shifted(1))") == "at 0\n[(10, True, True)]\n"
