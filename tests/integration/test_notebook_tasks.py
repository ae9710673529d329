"""Notebook tasks with real kernels: links, sweeps, deaths, limits, cancels, nesting; and no kernel is left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import jupyter_flows
from jupyter_flows import Flow, TaskFuture, flow, notebook_task
from jupyter_flows.errors import CellFailed, KernelDied
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.notebooks.kernel.fork_servers import shared_fork_servers
from jupyter_flows.testing import Harness, flows_test_harness

MARK = "JUPYTER_FLOWS_TEST_NOTEBOOK_TASK"
SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
PACKAGE = str(Path(jupyter_flows.__file__).parents[1])


@pytest.fixture
def harness() -> Iterator[Harness]:
    with flows_test_harness() as opened:
        yield opened


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of each kernel of a test, by which what it leaves behind would be found."""
    before = Path.cwd()
    yield {MARK: str(tmp_path), "PYTHONPATH": PACKAGE}
    assert Path.cwd() == before
    shared_fork_servers(2, 300.0).close()  # kernels that wait for the next notebook are no orphans
    assert left_behind(str(tmp_path)) == []


def left_behind(mark: str) -> list[psutil.Process]:
    found = [process for process in psutil.process_iter() if of_test(process) == mark]
    return psutil.wait_procs(found, timeout=60)[1]


def of_test(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK) if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def write(path: Path, *sources: str | tuple[str, str]) -> Path:
    cells: list[dict[str, Any]] = []
    for number, given in enumerate(sources):
        source, tags = given if isinstance(given, tuple) else (given, "")
        cell = {"cell_type": "code", "id": f"c{number}", "metadata": {"tags": tags.split()}, "source": source}
        cells.append({**cell, "outputs": [], "execution_count": None})
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": SPEC}, "cells": cells}
    path.write_text(json.dumps(node))
    return path


def until(true: Callable[[], object], seconds: float = 60.0) -> Any:
    give_up = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < give_up, "it has not come true"
        time.sleep(0.02)
    return found


def runs(harness: Harness, kind: str) -> list[FlowRun]:
    found = harness.reader.flow_runs(RunFilter(standalone=True, limit=100))
    return [run for run in reversed(found) if run.kind == kind]


def test_a_sweep_publishes_values_of_all_kinds_and_links_its_runs(
    harness: Harness, tmp_path: Path, mark: dict[str, str]
) -> None:
    body = "import os\nfrom jupyter_flows import publish\npublish(day=day, cwd=os.getcwd(), odd={1, day})"
    day = notebook_task(write(tmp_path / "day.ipynb", ("day: int = 0", "parameters"), body), environment=mark)

    @flow
    def sweep(days: list[int]) -> list[tuple[Any, ...]]:
        results = day.map(day=days, max_concurrency=2).result()
        return [(one.values["day"], one.values["odd"], one.values["cwd"]) for one in results]

    assert sweep([3, 4, 5]) == [(number, {1, number}, str(tmp_path)) for number in (3, 4, 5)]
    (root,) = runs(harness, "flow")
    children = runs(harness, "notebook")
    assert {run.parent_run_id for run in children} == {root.id}
    assert sorted(run.parent_number for run in children) == [1, 2, 3]
    assert {run.state.name for run in children} == {"Completed"}


def test_a_failed_notebook_tells_its_cell_and_the_traceback_of_the_kernel(
    harness: Harness, tmp_path: Path, mark: dict[str, str]
) -> None:
    cells = [("x: int", "parameters"), ("1 / 0", "raises-exception"), "def share():\n    return 1 / x\nshare()"]
    share = notebook_task(write(tmp_path / "share.ipynb", *cells), environment=mark, html=False)
    with pytest.raises(CellFailed) as caught:
        share(x=0)
    assert (caught.value.cell, caught.value.error_name) == (3, "ZeroDivisionError")
    assert "line 2, in share()" in caught.value.__notes__[0]
    assert share(x=1).state.is_completed()  # the cell that may raise is allowed to


def test_a_kernel_that_dies_costs_one_attempt_of_one_child(
    harness: Harness, tmp_path: Path, mark: dict[str, str]
) -> None:
    dies_once = "import os, pathlib\nonce = pathlib.Path('once')\nif day == 2 and not once.exists():\n"
    dies_once += "    once.touch()\n    os.kill(os.getpid(), 9)"
    path = write(tmp_path / "day.ipynb", ("day: int = 0", "parameters"), dies_once)
    day = notebook_task(path, environment=mark, html=False)

    @flow
    def sweep(retries: int) -> list[Any]:
        task = day.with_options(retries=retries)
        return [future.wait().state.name for future in task.map(day=[1, 2, 3])]

    assert sweep(0) == ["Completed", "KernelDied", "Completed"]
    (tmp_path / "once").unlink()
    assert sweep(1) == ["Completed", "Completed", "Completed"]
    assert [run.state.name for run in runs(harness, "notebook")].count("KernelDied") == 2
    (tmp_path / "once").unlink()
    with pytest.raises(KernelDied):
        day(day=2)


def test_the_time_limit_of_the_task_ends_the_kernel(harness: Harness, tmp_path: Path, mark: dict[str, str]) -> None:
    sleeps = write(tmp_path / "slow.ipynb", "import time\ntime.sleep(60)")
    slow = notebook_task(sleeps, environment=mark, html=False, timeout_seconds=0.5)

    @flow
    def both() -> list[str]:
        return [slow.submit().wait().state.name, slow(return_state=True).name]

    assert both() == ["TimedOut", "TimedOut"]
    assert [run.state.name for run in runs(harness, "notebook")] == ["TimedOut", "TimedOut"]


def test_cancelling_the_flow_ends_every_kernel(harness: Harness, tmp_path: Path, mark: dict[str, str]) -> None:
    slow = notebook_task(
        write(tmp_path / "slow.ipynb", "open('begun', 'w').close()\nimport time\ntime.sleep(60)"),
        environment=mark,
        html=False,
    )
    futures: list[TaskFuture[Any]] = []

    @flow
    def sweep() -> Any:
        futures.extend([slow.submit(), slow.submit()])
        return [future.wait().state for future in futures]

    done = threading.Thread(target=sweep, kwargs={"return_state": True}, daemon=True)
    done.start()
    until(lambda: len(left_running(harness)) == 2 and (tmp_path / "begun").exists())
    (root,) = runs(harness, "flow")
    harness.reader.request_cancel(root.id, time.time())
    done.join(60)
    assert not done.is_alive()
    until(lambda: not harness.session.live_runs())
    assert {run.state.name for run in runs(harness, "notebook")} == {"Cancelled"}


def left_running(harness: Harness) -> list[FlowRun]:
    return [run for run in runs(harness, "notebook") if run.state.name == "Running"]


def test_notebooks_of_notebooks_nest(harness: Harness, tmp_path: Path, mark: dict[str, str]) -> None:
    write(tmp_path / "inner.ipynb", ("n: int = 1", "parameters"), "from jupyter_flows import publish\npublish(n=n * 2)")
    calls = "from jupyter_flows import notebook_task, publish\ninner = notebook_task('inner.ipynb', html=False)\n"
    outer = write(tmp_path / "outer.ipynb", calls + "publish(twice=inner(n=21).values['n'])")
    result = notebook_task(outer, environment=mark, html=False)()
    assert result.values == {"twice": 42}
    by_id = {run.id: run for kind in ("notebook", "task") for run in runs(harness, kind)}
    (innermost,) = [run for run in by_id.values() if run.flow == "inner" and run.kind == "notebook"]
    chain = [innermost]
    while chain[-1].parent_run_id:
        chain.append(by_id[chain[-1].parent_run_id])
    assert [(run.flow, run.kind) for run in chain] == [
        ("inner", "notebook"),
        ("inner", "task"),
        ("outer", "notebook"),
        ("outer", "task"),
    ]


def test_stock_papermill_runs_a_notebook_task_too(harness: Harness, tmp_path: Path, mark: dict[str, str]) -> None:
    body = "from jupyter_flows import publish\npublish(n=n, odd={n})"
    path = write(tmp_path / "day.ipynb", ("n: int = 1", "parameters"), body)
    result = notebook_task(path, engine="papermill", environment=mark, html=False)(n=3)
    assert (result.values["n"], result.values["odd"]) == (3, {3})


def test_a_notebook_in_a_graph_hands_its_values_on(harness: Harness, tmp_path: Path, mark: dict[str, str]) -> None:
    body = "from jupyter_flows import publish\npublish(n=n + 1)"
    step = notebook_task(
        write(tmp_path / "step.ipynb", ("n: int = 1", "parameters"), body), environment=mark, html=False
    )

    @jupyter_flows.task
    def value_of(result: Any) -> int:
        return result.values["n"]

    with Flow("steps") as steps:
        first = value_of(step(n=1))
        second = value_of(step(n=first))
    state: Any = steps.run()
    assert state[second].result() == 3


SCRIPT = """
from jupyter_flows import flow, notebook_task
slow = notebook_task("slow.ipynb", html=False)
@flow
def sweep():
    return slow.map(seconds=[60, 61, 62, 63], max_concurrency=2)
sweep()
"""


def test_ctrl_c_of_a_sweep_leaves_no_kernel_and_true_states(tmp_path: Path, mark: dict[str, str]) -> None:
    body = "import pathlib, time\npathlib.Path(f'begun{seconds}').touch()\ntime.sleep(seconds)"
    write(tmp_path / "slow.ipynb", ("seconds: int", "parameters"), body)
    (tmp_path / "script.py").write_text(SCRIPT)
    data = {"JUPYTER_FLOWS_DIR": str(tmp_path / "flows")}
    environment = {**psutil.Process().environ(), **mark, **data}
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py")], env=environment, stderr=subprocess.PIPE, text=True
    )
    until(lambda: len(list(tmp_path.glob("begun*"))) == 2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert said.rstrip().endswith("KeyboardInterrupt")
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter_flows.cli.main", "ls", "--json"],
        env=environment,
        capture_output=True,
        text=True,
    )
    states = {run["state"]["name"] for run in json.loads(listed.stdout)["runs"]}
    assert states == {"Cancelled"}
    for copy in (tmp_path / "flows" / "runs").glob("*/slow.ipynb"):
        last = json.loads(copy.read_text())["cells"][-1]
        assert last["metadata"]["jupyter_flows"]["state"] == "Cancelled"
