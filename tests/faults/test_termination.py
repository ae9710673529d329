"""SIGTERM and SIGKILL of a script in a flow: how it exits, and what the store says from outside."""

from __future__ import annotations

import signal
import time

import pytest

from jupyter_flows.model.runs import RunFilter

SYNC = """
import time
from jupyter_flows import flow, task

@task
def nap(seconds):
    print("napping\\n", end="", flush=True)
    time.sleep(seconds)

@flow
def sleepy():
    many = nap.map([60] * 20)
    nap(60)
    many.wait()

sleepy()
"""

ASYNC = """
import asyncio
from jupyter_flows import flow, task

@task
async def nap(seconds):
    print("napping\\n", end="", flush=True)
    await asyncio.sleep(seconds)

@flow
async def sleepy():
    many = nap.map([60] * 20)
    await nap(60)

asyncio.run(sleepy())
"""

LOOSE = """
import time
from jupyter_flows import task

@task
def nap(seconds):
    print("napping\\n", end="", flush=True)
    time.sleep(seconds)

nap(60)
"""

# The signal goes to another thread and wakes nobody, as one that comes in the last moment before the sleep begins.
UNHEARD = """
import signal, time
from jupyter_flows import task

@task
def nap(seconds):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    print("napping\\n", end="", flush=True)
    time.sleep(seconds)

nap(600)
"""


def only_run(reader):
    (run,) = reader.flow_runs(RunFilter(standalone=True))
    return run


@pytest.mark.parametrize("code", [SYNC, ASYNC, LOOSE, UNHEARD], ids=["sync", "async", "a task alone", "a sleep"])
def test_a_terminated_script_ends_its_runs_first_and_then_by_the_signal(code, scripts):
    process = scripts.start(code)
    assert process.stdout
    assert process.stdout.readline() == "napping\n"
    process.terminate()
    assert process.wait(timeout=60) == -signal.SIGTERM
    reader = scripts.reader()
    run = only_run(reader)
    assert (str(run.state.kind), run.state.name) == ("crashed", "Interrupted")
    assert run.ended_at is not None
    children = reader.task_runs(run.id)
    assert children
    assert {child.state.name for child in children} <= {"Interrupted", "Crashed"}
    assert all(child.ended_at is not None for child in children)
    assert reader.record_dead(time.time()) == []


def test_a_user_s_own_handler_of_the_signal_is_left_alone(scripts):
    process = scripts.start("import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n" + LOOSE)
    assert process.stdout
    assert process.stdout.readline() == "napping\n"
    process.terminate()
    assert process.wait(timeout=60) == 7
    reader = scripts.reader()
    assert only_run(reader).state.is_final()
    assert all(child.ended_at is not None for child in reader.task_runs(only_run(reader).id))


def test_a_long_direct_call_is_seen_running_from_outside_and_crashed_after_a_kill(scripts, eventually):
    process = scripts.start(SYNC.replace("[60] * 20", "[60]"))
    assert process.stdout
    process.stdout.readline()
    reader = scripts.reader()
    run = eventually(lambda: reader.flow_runs(RunFilter()))[0]
    eventually(lambda: {child.number for child in reader.task_runs(run.id) if child.state.is_running()} == {1, 2})
    assert only_run(reader).state.is_running()
    process.kill()
    process.wait(timeout=60)
    assert (only_run(reader).state.name, only_run(reader).state.is_crashed()) == ("Crashed", True)
    assert [child.state.name for child in reader.task_runs(run.id)] == ["Crashed", "Crashed"]
    assert reader.record_dead(time.time()) == [run.id]
    assert reader.record_dead(time.time()) == []
    assert only_run(reader).ended_at is not None
    assert [child.state.name for child in reader.task_runs(run.id)] == ["Crashed", "Crashed"]
    assert [change.state.name for change in reader.states(run.id, 0)][-2:] == ["Running", "Crashed"]


CANCELLED = {
    "a chain": (
        """
@task
def nap(seconds):
    print("napping\\n", end="", flush=True)
    time.sleep(seconds)

@flow
def body():
    for _ in range(10):
        nap(60)
""",
        "body()",
    ),
    "a map": (
        """
@task
def nap(seconds):
    print("napping\\n", end="", flush=True)
    time.sleep(seconds)

@flow
def body():
    return nap.map([60] * 30).result()
""",
        "body()",
    ),
    "an async flow": (
        """
@task
async def nap(seconds):
    print("napping\\n", end="", flush=True)
    await asyncio.sleep(seconds)

@flow
async def body():
    children = nap.map([60] * 5)
    await nap(60)
""",
        "asyncio.run(body())",
    ),
    "a sub-flow": (
        """
@task
def nap(seconds):
    print("napping\\n", end="", flush=True)
    time.sleep(seconds)

@flow
def inner():
    nap(60)

@flow
def body():
    inner()
""",
        "body()",
    ),
}
CANCEL = """
import asyncio, time
from jupyter_flows import flow, task
BODY
try:
    CALL
except BaseException as error:
    print("ended by", type(error).__name__)
@flow
def after():
    return 5
assert after() == 5
"""


@pytest.mark.parametrize("body", CANCELLED)
def test_a_cancel_request_of_another_process_ends_the_run_and_its_children(body, scripts, eventually):
    code, call = CANCELLED[body]
    process = scripts.start(CANCEL.replace("BODY", code).replace("CALL", call), JUPYTER_FLOWS_POLL_SECONDS="0.2")
    assert process.stdout
    assert process.stdout.readline() == "napping\n"
    reader = scripts.reader()
    (run,) = eventually(lambda: [run for run in reader.flow_runs(RunFilter()) if run.flow == "body"])
    reader.request_cancel(run.id, time.time())
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "ended by RunCancelled" in out or "ended by AttemptStopped" in out
    for ended in reader.flow_runs(RunFilter(limit=10)):
        wanted = "Completed" if ended.flow == "after" else "Cancelled"
        assert ended.state.name == wanted, ended
        children = reader.task_runs(ended.id)
        assert all(child.ended_at is not None and child.state.is_final() for child in children)
        assert {child.state.name for child in children} <= {"Cancelled"}


NOTEBOOKS = """
import json, sys
from jupyter_flows import flow, notebook_task

source = "open('began', 'a').write('x')\\nimport time\\ntime.sleep(600)"
cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
kernel = {"kernelspec": {"name": "python3", "display_name": "python3"}}
with open("nap.ipynb", "w") as file:
    json.dump({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, file)
nap = notebook_task("nap.ipynb")

@flow
def naps():
    many = [nap.submit(), nap.submit()]
    return [one.result() for one in many]

naps()
"""


def test_notebooks_in_threads_are_interrupted_with_their_process_and_not_lost(scripts, eventually):
    process = scripts.start(NOTEBOOKS)
    eventually(lambda: (scripts.home / "began").exists() and (scripts.home / "began").read_text() == "xx")
    process.terminate()
    assert process.wait(timeout=60) == -signal.SIGTERM
    reader = scripts.reader()
    runs = reader.flow_runs(RunFilter(limit=10)) + reader.flow_runs(RunFilter(parent=only_flow(reader).id))
    assert len(runs) >= 3
    assert {(run.state.name, run.ended_at is None) for run in runs} == {("Interrupted", False)}
    assert reader.record_dead(time.time()) == []


def only_flow(reader):
    (run,) = [run for run in reader.flow_runs(RunFilter()) if run.flow == "naps"]
    return run
