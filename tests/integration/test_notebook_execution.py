"""Notebooks executed by real kernels: what is raised, what is kept, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

import jupyter_flows
from jupyter_flows.errors import CellFailed, KernelDied, KernelNotFound, NotebookError, RunTimedOut
from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.execution import ExecutionOptions, ExecutionResult, execute
from jupyter_flows.notebooks.parameters import check_parameters

MARK = "JUPYTER_FLOWS_TEST_KERNEL"
PACKAGE = Path(jupyter_flows.__file__).parents[1]
SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


class Watcher:
    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def cell_started(self, index: int) -> None:
        self.seen.append(("started", index))

    def cell_printed(self, index: int, stream: str, text: str) -> None: ...

    def cell_attached(self, index: int, artifact: object) -> None: ...

    def cell_pauses(self, index: int, told: object) -> None: ...

    def cell_output(self, index: int, text: str) -> None:
        self.seen.append(("output", index, text))

    def cell_ended(self, index: int, error: Exception | None) -> None:
        self.seen.append(("ended", index, type(error).__name__ if error else None))


def code(source: str, number: int, *tags: str) -> dict[str, Any]:
    metadata = {"tags": list(tags)}
    base = {"cell_type": "code", "id": f"c{number}", "metadata": metadata, "source": source}
    return base | {"execution_count": None, "outputs": []}


class Bench:
    """A folder with one notebook, executed with a watcher, and what is to be seen afterwards."""

    def __init__(self, folder: Path) -> None:
        self.path, self.out = folder / "book" / "re{port}.ipynb", folder / "run"
        self.path.parent.mkdir()
        self.watcher = Watcher()

    def run(
        self, *cells: dict[str, Any], parameters: dict[str, object] | None = None, **options: Any
    ) -> ExecutionResult:
        node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": SPEC}, "cells": list(cells)}
        self.path.write_text(json.dumps(node))
        document = load_notebook(self.path)
        checked = check_parameters(document, parameters or {})
        # The kernel must find the package where it is not installed but run from its folder.
        environment = {"PYTHONPATH": str(PACKAGE), MARK: str(self.path), **options.pop("environment", {})}
        return execute(
            document,
            checked,
            self.out,
            self.watcher,
            ExecutionOptions(environment=environment, more_to_come=False, **options),
        )

    def executed(self) -> nbformat.NotebookNode:
        path = self.out / self.path.name
        nbformat.validate(nbformat.from_dict(json.loads(path.read_text())))
        return nbformat.read(path, as_version=4)

    def states(self) -> list[str]:
        return [cell.metadata.jupyter_flows.state for cell in self.executed().cells if cell.cell_type == "code"]

    def texts(self, position: int) -> str:
        return "".join(out.get("text", "") for out in self.executed().cells[position].outputs)


def surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def left_behind(mark: str) -> list[psutil.Process]:
    """Processes that a kernel of this test is or has started; a killed one needs a moment until it is gone."""
    _, alive = psutil.wait_procs([process for process in psutil.process_iter() if marked(process) == mark], timeout=60)
    return alive


def marked(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK) if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench, folder, environment = Bench(tmp_path), Path.cwd(), surroundings()
    yield bench
    assert Path.cwd() == folder
    assert surroundings() == environment
    assert left_behind(str(bench.path)) == []
    assert json.loads(bench.path.read_text())["cells"][0]["outputs"] == []
    assert not list(bench.out.glob(".*"))


def test_a_good_run_keeps_outputs_states_and_published_values(bench: Bench) -> None:
    publish = "from jupyter_flows import publish\npublish(total=day * 2, names=('a', 'b'))"
    result = bench.run(
        code("day: int = 1", 0, "parameters"),
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# Title"},
        code("import os, sys\nprint(os.getcwd())\nprint(os.environ['WHO'])\nprint('x', file=sys.stderr)\nday", 2),
        code("1/0", 3, "raises-exception"),
        code("", 4),
        code("oops", 5, "skip-execution"),
        code(publish, 6),
        parameters={"day": "21"},
        environment={"WHO": "me"},
    )
    assert result.values == {"total": 42, "names": ["a", "b"]}
    assert result.states == {0: "Completed", 2: "Completed", 3: "Completed", 4: "Skipped", 5: "Skipped", 6: "Completed"}
    assert (result.path, result.ended_early_at) == (bench.out / "re{port}.ipynb", None)
    starts_and_ends = [seen for seen in bench.watcher.seen if seen[0] != "output"]
    assert starts_and_ends == [
        (word, n, *rest) for n in (0, 2, 3, 6) for word, *rest in (("started",), ("ended", None))
    ]
    assert ("output", 2, "me") in bench.watcher.seen
    node = bench.executed()
    assert node.cells[1].metadata.tags == ["injected-parameters"]
    assert node.metadata.papermill.parameters == {"day": 21}
    assert node.cells[3].outputs[-1].data["text/plain"] == "21"
    assert {cell.metadata.papermill.status for cell in node.cells} == {"completed"}
    assert f"{bench.path.parent}\nme\n" in bench.texts(3)
    assert [path.name for path in bench.out.iterdir()] == ["re{port}.ipynb"]


def test_a_failing_cell_is_named_and_the_rest_is_not_run(bench: Bench) -> None:
    with pytest.raises(CellFailed) as caught:
        bench.run(code("print('before')", 0), code("# Load\nprint('here')\n1/0", 1), code("2", 2))
    error = caught.value
    assert (error.cell, error.label, error.error_name, error.error_value) == (
        2,
        "# Load",
        "ZeroDivisionError",
        "division by zero",
    )
    assert "\x1b" not in error.traceback
    assert "1/0" in error.traceback
    assert bench.states() == ["Completed", "Failed", "NotRun"]
    assert [cell.metadata.papermill.status for cell in bench.executed().cells] == ["completed", "failed", "pending"]
    assert bench.executed().cells[1].outputs[-1].ename == "ZeroDivisionError"
    assert bench.watcher.seen[-1] == ("ended", 1, "CellFailed")
    assert [cell.source for cell in bench.executed().cells][2] == "2"


def test_a_dead_kernel_is_named_with_its_signal(bench: Bench) -> None:
    heard = bench.path.with_name("heard")
    bench.watcher.cell_output = lambda *_: heard.touch()  # type: ignore[method-assign]
    waits = f"while not os.path.exists({str(heard)!r}):\n    time.sleep(0.01)"
    kill = f"import os, time\nprint('last words', flush=True)\n{waits}\nos.kill(os.getpid(), 9)"
    with pytest.raises(KernelDied, match=r"the kernel died in cell 2: signal 9 \(SIGKILL, maybe out of memory\)"):
        bench.run(code("1", 0), code(kill, 1), code("2", 2))
    assert bench.states() == ["Completed", "KernelDied", "NotRun"]
    assert bench.texts(1) == "last words\n"
    assert bench.executed().cells[1].outputs[-1].ename == "KernelDied"


@pytest.mark.parametrize("source", ["import sys; sys.exit(0)", "exit()"])
def test_a_good_exit_ends_the_notebook_early_and_well(bench: Bench, source: str) -> None:
    result = bench.run(code("1", 0), code(source, 1), code("2", 2))
    assert result.ended_early_at == 2
    assert bench.states() == ["Completed", "Completed", "NotRun"]


def test_a_bad_exit_fails(bench: Bench) -> None:
    with pytest.raises(CellFailed, match=r"cell 1 \(import sys; sys.exit\(3\)\): SystemExit: 3"):
        bench.run(code("import sys; sys.exit(3)", 0), code("2", 1))
    assert bench.states() == ["Failed", "NotRun"]


def test_a_cell_over_its_limit_is_stopped_with_what_it_started(bench: Bench) -> None:
    busy = "import subprocess\nsubprocess.Popen(['sleep', '60'])\nprint('begun')\nwhile True: pass"
    for limit in (1.5, 6.0, 30.0):  # until it got as far as to print, whatever else this machine does
        with pytest.raises(RunTimedOut, match=rf"cell 1 \(import subprocess\) passed its time limit of {limit:g} s"):
            bench.run(code(busy, 0), code("2", 1), cell_timeout=limit)
        if bench.texts(0):
            break
    assert bench.states() == ["TimedOut", "NotRun"]
    assert bench.texts(0) == "begun\n"


class Interrupter(Watcher):
    def cell_output(self, index: int, text: str) -> None:
        super().cell_output(index, text)
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_stops_the_kernel_and_passes_through(bench: Bench) -> None:
    bench.watcher = Interrupter()
    with pytest.raises(KeyboardInterrupt):
        bench.run(code("import time\nprint('go')\ntime.sleep(60)", 0), code("2", 1))
    assert bench.states() == ["Cancelled", "NotRun"]
    assert bench.watcher.seen[-1] == ("ended", 0, "RunCancelled")


def test_what_a_signal_handler_raises_stops_the_kernel_too(bench: Bench) -> None:
    def leave(*_: object) -> None:
        raise SystemExit(143)

    before = signal.signal(signal.SIGTERM, leave)
    bench.watcher = Interrupter()
    bench.watcher.cell_output = lambda *_: os.kill(os.getpid(), signal.SIGTERM)  # type: ignore[method-assign]
    try:
        with pytest.raises(SystemExit):
            bench.run(code("import time\nprint('go')\ntime.sleep(60)", 0), code("2", 1))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert bench.states() == ["Cancelled", "NotRun"]


def test_it_runs_inside_a_running_loop_and_many_lines_are_one_output(bench: Bench) -> None:
    many = "import sys\nfor i in range(200):\n    print(i, flush=True)\nprint('\\rold\\rnew', file=sys.stderr)"
    before = set(threading.enumerate())

    async def cell() -> ExecutionResult:
        return bench.run(code(many, 0), code("'\\ud800'; print('\\ud800')", 1))

    asyncio.run(cell())
    streams = {out.name: out.text for out in bench.executed().cells[0].outputs}
    assert streams["stdout"].splitlines() == [str(number) for number in range(200)]
    assert streams["stderr"] == "new\n"
    assert len(set(threading.enumerate()) - before) <= 2  # the loop of notebooks, and its own executor


def test_an_unknown_kernel_writes_nothing(bench: Bench) -> None:
    with pytest.raises(KernelNotFound, match="no kernel 'cobol'"):
        bench.run(code("1", 0), kernel_name="cobol")
    assert not bench.out.exists()


def test_the_source_is_never_the_target(bench: Bench) -> None:
    bench.out = bench.path.parent
    with pytest.raises(NotebookError, match="is the notebook itself"):
        bench.run(code("1", 0))
