"""Several processes on one store, user code that forks, and a process that ends while a thread is stuck."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader

ROOT = Path(__file__).parents[2]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path) -> Iterator[Start]:
    """Start scripts on one store; kill those that are left."""
    started: list[subprocess.Popen[str]] = []

    def start_one(code: str, *args: object) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
                cwd=tmp_path,
                env={**os.environ, "JUPYTER_FLOWS_DIR": str(tmp_path / "flows"), "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                process_group=0,
            )
        )
        return started[-1]

    yield start_one
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what it forked, which would hold its pipes open
        process.communicate(timeout=60)
        process.wait(timeout=60)


@pytest.fixture
def reader(tmp_path):
    opened = open_reader(load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path / "flows")}))
    yield opened
    opened.close()


def ended(process: subprocess.Popen[str], seconds: float = 60.0) -> str:
    out, err = process.communicate(timeout=seconds)
    assert (process.returncode, err) == (0, ""), f"exit status {process.returncode}\n{out}\n{err}"
    return out


BUSY = """
    import sys
    from jupyter_flows import flow, task

    @task
    def add(x, y=1):
        return x + y

    @flow
    def busy(count):
        total = sum(add.map(list(range(count - count // 4))).result())
        for x in range(count // 4):
            total = add(total, x)
        return total

    for _ in range(2):
        busy(int(sys.argv[1]) // 2)
"""


def test_eight_processes_share_one_store_without_an_error_or_a_lost_row(start, reader, at_scale):
    tasks = at_scale(100, 1_000)
    for process in [start(BUSY, tasks) for _ in range(8)]:
        assert ended(process, 100) == ""
    runs = reader.flow_runs(RunFilter(limit=100))
    assert len(runs) == 16
    assert {run.state.name for run in runs} == {"Completed"}
    assert sorted(run.serial for run in runs) == list(range(1, 17))
    counts = reader.counts()
    assert (counts["flow_runs"], counts["task_runs"], counts["failures"]) == (16, 8 * tasks, 0)
    for run in runs:
        children = reader.task_runs(run.id)
        assert [child.number for child in children] == list(range(1, tasks // 2 + 1))
        assert {child.state.name for child in children} == {"Completed"}


FORKS = {
    "os.fork in a flow, whose child calls a task and a flow": """
        import os, sys, warnings
        from jupyter_flows import flow, task

        @task
        def double(x):
            return 2 * x

        @flow
        def inner(x):
            return double(x)

        @flow
        def forking():
            double(1)
            futures = double.map([1, 2, 3])
            pid = os.fork()
            if pid == 0:
                os._exit(double(2) + inner(3) + 1)
            _, status = os.waitpid(pid, 0)
            return os.waitstatus_to_exitcode(status) + sum(futures.result()) + double(1)

        assert forking() == 11 + 12 + 2
        """,
    "multiprocessing by fork in a task in a thread": """
        import multiprocessing
        from jupyter_flows import flow, task

        @task
        def double(x):
            return 2 * x

        def twice(x):
            return double(double(x))

        @task
        def spread(n):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return sum(pool.map(twice, range(n)))

        @flow
        def forking():
            double(1)
            return spread.submit(3).result() + double(1)

        assert forking() == 12 + 2
        """,
    "multiprocessing by fork in a direct call": """
        import multiprocessing
        from jupyter_flows import flow, task

        @task
        def double(x):
            return 2 * x

        @task
        def spread(n):
            process = multiprocessing.get_context("fork").Process(target=double, args=(n,))
            process.start()
            process.join()
            return process.exitcode

        @flow
        def forking():
            double(1)
            return spread(3) + double(1)

        assert forking() == 2
        """,
    "os.fork in a thread, whose child's code ends": """
        import os
        from jupyter_flows import flow, task

        @task
        def double(x):
            return 2 * x

        @task
        def forks():
            pid = os.fork()
            if pid == 0:
                return double(2)
            os.waitpid(pid, 0)
            return double(1)

        @flow
        def forking():
            double(1)
            return forks.submit().result()

        assert forking() == 2
        """,
    "a child that exits through the interpreter's end": """
        import os, sys
        from jupyter_flows import flow, task

        @task
        def double(x):
            return 2 * x

        @flow
        def forking():
            double(1)
            double.submit(4).result()
            if os.fork() == 0:
                double(2)
                sys.exit(0)
            _, status = os.wait()
            return os.waitstatus_to_exitcode(status)

        assert forking() == 0
        """,
}


@pytest.mark.parametrize(("code", "wanted"), list(zip(FORKS.values(), [5, 3, 3, 3, 2], strict=True)), ids=FORKS)
def test_a_forked_child_records_nothing_and_does_not_disturb_its_parent(code, wanted, start, reader):
    assert ended(start(code)) == ""
    (run,) = reader.flow_runs(RunFilter())
    assert run.state.name == "Completed"
    children = reader.task_runs(run.id)
    assert {child.state.name for child in children} == {"Completed"}
    assert len(children) == wanted
    assert reader.counts()["flow_runs"] == 1


TIMED_OUT = """
    import time
    from jupyter_flows import flow, task

    @task(timeout_seconds=0.2)
    def stuck():
        time.sleep(600)

    @flow
    def gives_up():
        return stuck.submit().result()

    state = gives_up(return_state=True)
    assert state.is_failed(), state
    print("ended", flush=True)
"""


def test_a_script_whose_thread_timed_out_does_not_wait_for_the_thread(start, reader):
    process = start(TIMED_OUT)
    assert process.stdout
    assert process.stdout.readline() == "ended\n"
    process.wait(timeout=60)  # a tenth of what the thread sleeps
    assert ended(process) == ""
    (run,) = reader.flow_runs(RunFilter())
    (child,) = reader.task_runs(run.id)
    assert (child.state.name, run.state.name) == ("TimedOut", "Failed")
    assert "left behind" in child.state.message


MANY = """
    import resource, sys
    from jupyter_flows import flow, task

    @task
    def add(x):
        return x + 1

    @flow
    def wide(count):
        return sum(add.map(list(range(count))).result())

    count = int(sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert wide(count) == count * (count + 1) // 2
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 // count)
"""


def test_a_wide_map_has_all_its_rows_and_bounded_memory(start, reader, at_scale):
    count = at_scale(20_000, 100_000)
    bytes_each = int(ended(start(MANY, count), 110))
    assert bytes_each < 10_000, "the peak, with all futures alive"
    (run,) = reader.flow_runs(RunFilter())
    assert (run.state.name, reader.counts()["task_runs"]) == ("Completed", count)
    children = reader.task_runs(run.id)
    assert {child.state.name for child in children} == {"Completed"}
    assert [child.map_index for child in children] == list(range(count))
