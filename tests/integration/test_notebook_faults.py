"""What goes wrong with a notebook while it runs: what papermill gets wrong, each with what is promised instead."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

import jupyter_flows
from jupyter_flows.errors import CellFailed, NotebookError, RunCancelled, RunTimedOut
from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.execution import ExecutionOptions, ExecutionResult, execute, execute_async
from jupyter_flows.notebooks.journal import JOURNAL, rebuild
from jupyter_flows.notebooks.outputs import OutputLimits
from jupyter_flows.notebooks.stopping import StopHandle, StopReason

PACKAGE = str(Path(jupyter_flows.__file__).parents[1])
SLEEP = "import time\nprint('napping', flush=True)\ntime.sleep(60)"


class Watcher:
    """Knows what was said, and calls whoever waits for a word."""

    def __init__(self, call: Callable[[], object] | None = None, at: str = "napping") -> None:
        self.ends: list[tuple[int, str]] = []
        self._call, self._at = call, at

    def cell_started(self, index: int) -> None: ...
    def cell_printed(self, index: int, stream: str, text: str) -> None: ...
    def cell_attached(self, index: int, artifact: object) -> None: ...

    def cell_pauses(self, index: int, told: object) -> None: ...
    def cell_output(self, index: int, text: str) -> None:
        if self._call is not None and text == self._at:
            self._call()

    def cell_ended(self, index: int, error: Exception | None) -> None:
        self.ends.append((index, type(error).__name__ if error else ""))


def book(folder: Path, *sources: str, name: str = "book", tags: Sequence[str] = ()) -> Path:
    cells = [
        {
            "cell_type": "code", "id": f"c{number}", "source": source, "metadata": {"tags": list(tags)},
            "execution_count": None, "outputs": [],
        }
        for number, source in enumerate(sources)
    ]  # fmt: skip
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


def options(**choices: Any) -> ExecutionOptions:
    return ExecutionOptions(environment={"PYTHONPATH": PACKAGE}, more_to_come=False, **choices)


def run(path: Path, watcher: Watcher | None = None, **choices: Any) -> ExecutionResult:
    return execute(load_notebook(path), {}, path.parent / "run", watcher or Watcher(), options(**choices))


def copy(path: Path, folder: str = "run") -> Any:
    node = nbformat.read(path.parent / folder / path.name, as_version=4)
    nbformat.validate(node)
    return node


def states(path: Path) -> list[str]:
    return [cell.metadata.jupyter_flows.state for cell in copy(path).cells]


def texts(path: Path, position: int) -> str:
    return "".join(output.get("text", "") for output in copy(path).cells[position].outputs)


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (StopReason("Cancelled", ""), RunCancelled),
        (StopReason("TimedOut", "too late"), RunTimedOut),
        (StopReason("Interrupted", "told to terminate"), RunCancelled),
    ],
)
def test_who_stops_a_notebook_says_why_and_the_copy_says_the_same(tmp_path, reason, error):
    path, handle = book(tmp_path, "1", SLEEP, "3"), StopHandle()
    watcher = Watcher(lambda: handle.stop(reason))
    with pytest.raises(error, match=reason.message or "stopped in cell 2"):
        run(path, watcher, stop=handle)
    assert states(path) == ["Completed", reason.state, "NotRun"]
    assert watcher.ends == [(0, ""), (1, error.__name__)]
    assert texts(path, 1) == "napping\n"
    assert copy(path).cells[1].outputs[1].ename == "KeyboardInterrupt"  # where it was, as the kernel tells it


def test_a_notebook_stopped_before_it_begins_runs_nothing(tmp_path):
    path, handle = book(tmp_path, "1"), StopHandle()
    handle.stop()
    with pytest.raises(RunCancelled):
        run(path, stop=handle)
    assert states(path) == ["NotRun"]


def test_the_time_limit_of_the_whole_is_told_as_that(tmp_path):
    path = book(tmp_path, "1", SLEEP, "3")
    for limit in (3, 12, 60):  # until the second cell began, however long the kernel takes to start
        watcher = Watcher()
        with pytest.raises(RunTimedOut, match=f"the notebook passed its time limit of {limit} s"):
            run(path, watcher, timeout=float(limit))
        if len(watcher.ends) == 2:
            break
    assert states(path) == ["Completed", "TimedOut", "NotRun"]
    assert [cell.metadata.papermill.status for cell in copy(path).cells] == ["completed", "failed", "pending"]


def test_a_cell_that_will_not_be_interrupted_is_killed(tmp_path):
    stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(60)"
    path = book(tmp_path, stubborn)
    for limit in (1.0, 5.0, 30.0):  # until it was deaf by then
        with pytest.raises(RunTimedOut):
            run(path, cell_timeout=limit)
        if texts(path, 0):
            break
    assert (states(path), texts(path, 0)) == (["TimedOut"], "deaf\n")


ENDS = {
    "input": ("input('name? ')", CellFailed, "StdinNotImplementedError"),
    "a syntax error": ("print('a'\n)b", CellFailed, "SyntaxError"),
    "a failing shell cell": ("%%bash\necho out\nexit 3", CellFailed, "CalledProcessError"),
    "an unknown magic": ("%%nosuch\nx", CellFailed, "UsageError"),
}


@pytest.mark.parametrize(("source", "error", "name"), ENDS.values(), ids=ENDS)
def test_what_a_cell_cannot_do_fails_it_by_name(tmp_path, source, error, name):
    path = book(tmp_path, source, "2")
    with pytest.raises(error, match=name):
        run(path)
    assert states(path) == ["Failed", "NotRun"]


def test_what_a_cell_can_do(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # where that is set, ipykernel does not catch what is printed past Python
    path = book(
        tmp_path, "%%bash\necho from bash", "!echo from a shell", "import asyncio\nawait asyncio.sleep(0)\n'done'",
        "import os\nos.system('echo from below')",
    )  # fmt: skip
    run(path)
    assert states(path) == ["Completed"] * 4
    assert "from bash" in texts(path, 0) and "from a shell" in texts(path, 1) and "from below" in texts(path, 3)
    assert copy(path).cells[2].outputs[0].data["text/plain"] == "'done'"


def test_what_is_said_later_lands_in_the_cell_that_it_belongs_to(tmp_path):
    first = "kernel = get_ipython().kernel\nparent = kernel.get_parent()\nshown = display('before', display_id=True)"
    later = (
        "kernel.session.send(kernel.iopub_socket, 'stream', {'name': 'stdout', 'text': 'late\\n'}, parent)\n"
        "shown.update('after')"
    )
    path = book(tmp_path, first, later, "3")
    run(path)
    assert texts(path, 0) == "late\n"
    assert copy(path).cells[0].outputs[0].data["text/plain"] == "'after'"
    assert copy(path).cells[1].outputs == []


def test_too_much_output_is_kept_in_a_file_beside_the_copy(tmp_path):
    path = book(tmp_path, "for number in range(20_000):\n    print(number)")
    run(path, limits=OutputLimits(cell=10_000, notebook=20_000, least=1_000))
    shown = texts(path, 0)
    assert len(shown) < 15_000 and shown.startswith("0\n1\n") and shown.endswith("19999\n")
    assert "all of it is in outputs/cell-1.txt" in shown
    kept = (tmp_path / "run" / "outputs" / "cell-1.txt").read_text()
    assert kept == "".join(f"{number}\n" for number in range(20_000))


def test_widgets_are_kept_and_catch_outputs(tmp_path):
    source = "import ipywidgets as w\nout = w.Output()\nwith out:\n    print('caught')\nw.IntSlider(value=7)"
    path = book(tmp_path, source, "print('free', len(out.outputs))")
    run(path)
    state = copy(path).metadata.widgets["application/vnd.jupyter.widget-state+json"].state
    models = {one.model_name: one.state for one in state.values()}
    assert models["IntSliderModel"]["value"] == 7
    assert models["OutputModel"]["outputs"][0]["text"] == "caught\n"
    assert texts(path, 0) == ""
    assert texts(path, 1) == "free 1\n"


def test_a_disk_that_fills_up_does_not_stop_the_cells(tmp_path, monkeypatch):
    path, full = book(tmp_path, "1", "print('full')", "open('reached', 'w').close()"), threading.Event()
    from jupyter_flows.notebooks import executed

    original, saved = executed.replace_text, list[list[str]]()

    def replace(*args: Any, **choices: Any) -> None:
        if full.is_set():
            raise OSError(28, "No space left on device")
        original(*args, **choices)
        saved.append(states(path))

    monkeypatch.setattr(executed, "replace_text", replace)
    with pytest.raises(NotebookError, match="could not be written: No space left on device"):
        run(path, Watcher(full.set, "full"))
    assert (tmp_path / "reached").exists()
    assert states(path) == saved[-1] != ["Completed"] * 3  # the earlier save, whole
    assert rebuild(tmp_path / "run") is not None
    assert states(path) == ["Completed"] * 3


def test_a_missing_folder_is_made_and_one_that_cannot_be_is_told(tmp_path):
    path = book(tmp_path, "1")
    execute(load_notebook(path), {}, tmp_path / "a" / "b", Watcher(), options())
    assert copy(path, "a/b").cells[0].metadata.jupyter_flows.state == "Completed"
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        execute(load_notebook(path), {}, tmp_path / "file" / "b", Watcher(), options())


RUNNER = """
import sys, threading
from pathlib import Path
from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.execution import ExecutionOptions, execute

class Watcher:
    def cell_started(self, index): ...
    def cell_printed(self, index, stream, text): ...
    def cell_output(self, index, text): print(text, flush=True)
    def cell_ended(self, index, error): ...

execute(load_notebook(sys.argv[1]), {}, Path(sys.argv[2]), Watcher(), ExecutionOptions(more_to_come=False))
"""


def kernel_of(process: subprocess.Popen[str]) -> psutil.Process:
    return next(child for child in psutil.Process(process.pid).children() if "ipykernel" in " ".join(child.cmdline()))


def test_after_a_sigkill_of_the_runner_the_copy_is_rebuilt_and_no_process_is_left(tmp_path):
    path = book(tmp_path, "print('one')", "'two'", SLEEP, "4")
    command = [sys.executable, "-c", RUNNER, str(path), str(tmp_path / "run")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": PACKAGE}
    ) as runner:
        assert runner.stdout is not None
        while "napping" not in runner.stdout.readline():
            assert runner.poll() is None
        kernel = kernel_of(runner)
        runner.kill()
    gone, alive = psutil.wait_procs([kernel], timeout=60)
    assert gone and not alive
    assert (tmp_path / "run" / JOURNAL).exists()
    assert rebuild(tmp_path / "run") is not None
    assert states(path) == ["Completed", "Completed", "Crashed", "NotRun"]
    assert texts(path, 0) == "one\n"
    assert copy(path).cells[1].outputs[0].data["text/plain"] == "'two'"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def settle(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not question() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert question()


@pytest.mark.parametrize("way", ["threads", "one loop"])
def test_many_runs_at_once_do_not_disturb_each_other(tmp_path, way, at_scale):
    count, folder = at_scale(6, 50), Path.cwd()
    paths = []
    for number in range(count):
        (tmp_path / str(number)).mkdir()
        paths.append(book(tmp_path / str(number), f"x = {number}\nprint(x)", "import os\nprint(os.getcwd(), x)"))
    run(paths[0])
    documents = [load_notebook(path) for path in paths]
    before, children = open_files(), len(psutil.Process().children())

    async def together() -> None:
        limit = asyncio.Semaphore(10)

        async def one(document: Any) -> None:
            async with limit:
                await execute_async(document, {}, document.path.parent / "run", Watcher(), options())

        await asyncio.gather(*map(one, documents))

    if way == "one loop":
        asyncio.run(together())
    else:
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(run, paths))
    for number, path in enumerate(paths):
        assert (texts(path, 0), texts(path, 1)) == (f"{number}\n", f"{path.parent} {number}\n")
    assert Path.cwd() == folder
    settle(lambda: len(psutil.Process().children()) <= children)
    settle(lambda: open_files() <= before)


def test_an_interrupt_of_one_notebook_leaves_the_others_alone(tmp_path):
    (tmp_path / "other").mkdir()
    path, other = book(tmp_path, SLEEP), book(tmp_path / "other", "import time\ntime.sleep(1)\nprint('fine')")
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run, other)
        with pytest.raises(KeyboardInterrupt):
            run(path, Watcher(lambda: os.kill(os.getpid(), signal.SIGINT)))
        future.result()
    assert (states(path), states(other)) == (["Cancelled"], ["Completed"])
