"""A notebook of twelve cells that ends in its ninth, in every way there is; and then goes on where it stood.

A ledger outside of everything tells what really ran.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_flows.model.runs import FlowRun, RunFilter, TaskRun
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader

CLI = [sys.executable, "-m", "jupyter_flows.cli.main"]
NOTE = "import os\nos.write(os.open('ledger', os.O_WRONLY | os.O_CREAT | os.O_APPEND), b'{name}\\n')\n"
TROUBLE = "import trouble\ntrouble.meet()\n"
NAP = "print('napping', flush=True)\ntime.sleep(60)"
DEADLINE = 90


class Run(NamedTuple):
    """What the store has of a run."""

    flow: FlowRun
    cells: list[TaskRun]

    @property
    def id(self) -> str:
        return self.flow.id

    @property
    def ends(self) -> list[str]:
        return [one.state.name for one in self.cells]


class Bench:
    """A folder with a notebook, the command line, and what is to be seen afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "book.ipynb"
        self.environment = {**os.environ, "JUPYTER_DATA_DIR": str(folder / "data"), "PYTHONDONTWRITEBYTECODE": "1"}
        self._started: list[subprocess.Popen[str]] = []

    def write(self, *sources: str) -> None:
        cells = [new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources, 1)]
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), self.path)

    def trouble(self, code: str) -> None:
        lines = "\n    ".join(code.splitlines())
        (self.folder / "trouble.py").write_text(f"import os, sys, time\ndef meet():\n    {lines}\n")

    def no_trouble(self) -> None:
        self.trouble("return None")

    def start(self, *argv: str) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen([*CLI, *argv], cwd=self.folder, env=self.environment, **pipes)
        self._started.append(process)
        return process

    def cli(self, *argv: str) -> tuple[int, str, str]:
        process = self.start(*argv)
        out, err = process.communicate(timeout=DEADLINE)
        return process.returncode, out, err

    def until(self, process: subprocess.Popen[str], word: str) -> None:
        assert process.stderr is not None
        assert any(word in line for line in process.stderr), f"it never said {word!r}"

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()

    @property
    def run(self) -> Run:
        """The newest run, as another process sees it."""
        reader = open_reader(load_settings(self.environment))
        try:
            found = reader.flow_runs(RunFilter(limit=1))[0]
            return Run(found, reader.task_runs(found.id))
        finally:
            reader.close()

    @property
    def ledger(self) -> list[str]:
        return (self.folder / "ledger").read_text().split()

    def forget_ledger(self) -> None:
        (self.folder / "ledger").write_text("")

    def copy(self, run: Run) -> list[Any]:
        """The cells of the executed copy, which must be valid."""
        node = nbformat.read(Path(run.flow.directory or "") / self.path.name, as_version=4)
        nbformat.validate(node)
        return node.cells

    def kernels(self, run_id: str) -> list[str]:
        """Processes of this run that still live."""
        sign, found = f"JUPYTER_FLOWS_PARENT_RUN_ID={run_id}".encode(), []
        for place in Path("/proc").glob("[0-9]*/environ"):
            try:
                if sign in place.read_bytes():
                    found.append(place.parent.name)
            except OSError:
                continue
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def task(number: int, *, troubled: int = 9) -> str:
    """A task that adds one to what the task before gave."""
    body = NOTE.format(name=f"t{number}") + (TROUBLE if number == troubled else "")
    value = f"v{number} = v{number - 1} + 1" if number > 1 else "v1 = 1"
    return f"%%task t{number}\n{body}{value}\nprint('made', v{number})\nv{number}"


def all_tasks(bench: Bench) -> None:
    bench.write(*(task(number) for number in range(1, 13)))


def run_to_its_end(bench: Bench) -> None:
    bench.cli("run", bench.path.name)


def limited(option: str, *limits: int) -> Callable[[Bench], None]:
    """Run with the first of some limits, in seconds, that lets it come to the ninth cell."""

    def act(bench: Bench) -> None:
        for limit in limits:
            bench.forget_ledger()
            bench.cli("run", bench.path.name, option, str(limit))
            if "t9" in bench.ledger:
                return

    return act


def signalled(number: int) -> Callable[[Bench], None]:
    def act(bench: Bench) -> None:
        process = bench.start("run", bench.path.name)
        bench.until(process, "| napping")
        process.send_signal(number)
        process.communicate(timeout=DEADLINE)

    return act


WAYS: dict[str, tuple[str, Callable[[Bench], None], str, str]] = {
    # what cell 9 does, how the notebook is run, the state of the run, the state of cell 9
    "a cell that raises": ("raise ValueError('no')", run_to_its_end, "Failed", "Failed"),
    "sys.exit": ("sys.exit(3)", run_to_its_end, "Failed", "Failed"),
    "a dead kernel": ("os.kill(os.getpid(), 9)", run_to_its_end, "KernelDied", "KernelDied"),
    "the limit of a cell": (NAP, limited("--cell-timeout", 3, 12, 40), "TimedOut", "TimedOut"),
    "the limit of the whole": (NAP, limited("--timeout", 6, 15, 50), "TimedOut", "TimedOut"),
    "Ctrl-C": (NAP, signalled(signal.SIGINT), "Cancelled", "Cancelled"),
    "SIGTERM": (NAP, signalled(signal.SIGTERM), "Interrupted", "Interrupted"),
    "SIGKILL": (NAP, signalled(signal.SIGKILL), "Crashed", "Crashed"),
}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("way", WAYS)
def test_a_notebook_that_ends_in_its_ninth_cell_goes_on_there(bench, way):
    code, act, run_state, cell_state = WAYS[way]
    all_tasks(bench)
    bench.trouble(code)
    act(bench)
    run = bench.run
    assert run.flow.state.name == run_state
    assert run.ends[:9] == ["Completed"] * 8 + [cell_state]
    assert way == "SIGKILL" or run.ends[9:] == ["NotRun"] * 3
    assert bench.ledger == [f"t{number}" for number in range(1, 10)]
    no_kernel_is_left(bench, run.id)
    if way == "SIGKILL":  # the journal has what the copy has not; whoever looks first mends it
        assert "8 finished tasks put back, 4 tasks to run" in bench.cli("resume", run.id, "--dry-run")[1]
    before = bench.copy(run)
    states = [cell.metadata.jupyter_flows.state for cell in before]
    assert states == ["Completed"] * 8 + [cell_state] + ["NotRun"] * 3
    assert [cell.outputs[0].text for cell in before[:8]] == [f"made {number}\n" for number in range(1, 9)]

    bench.forget_ledger()
    bench.no_trouble()
    status, _, said = bench.cli("resume", run.id)
    assert status == 0
    assert "8 finished tasks put back, 4 tasks to run" in said
    assert bench.ledger == ["t9", "t10", "t11", "t12"]
    again = bench.run
    assert (again.id, again.flow.state.name, again.flow.attempts) == (run.id, "Completed", 2)
    assert set(again.ends) == {"Completed"}
    after = bench.copy(again)
    assert [cell.outputs for cell in after[:8]] == [cell.outputs for cell in before[:8]]
    assert after[11].outputs[1].data["text/plain"] == "12"
    no_kernel_is_left(bench, run.id)


def no_kernel_is_left(bench: Bench, run_id: str) -> None:
    """What ends the kernels of a process that was killed is another process."""
    until = time.monotonic() + DEADLINE
    while left := bench.kernels(run_id):
        assert time.monotonic() < until, left
        time.sleep(0.02)


def plain(number: int) -> str:
    return NOTE.format(name=f"p{number}") + f"v{number} = v{number - 1} + 1"


def test_plain_cells_run_again_between_tasks_that_do_not(bench):
    bench.write(*(task(number) if number % 2 else plain(number) for number in range(1, 13)))
    bench.trouble(NAP)
    signalled(signal.SIGKILL)(bench)
    bench.forget_ledger()
    bench.no_trouble()
    status, _, said = bench.cli("resume", bench.run.id)
    assert status == 0
    assert "4 finished tasks put back, 2 tasks to run, 6 plain cells to run" in said
    assert bench.ledger == ["p2", "p4", "p6", "p8", "t9", "p10", "t11", "p12"]
    assert bench.copy(bench.run)[10].outputs[1].data["text/plain"] == "11"


def test_a_generator_is_made_again_with_what_it_comes_from_which_is_said_first(bench):
    (bench.folder / "rows.txt").write_text("1\n2\n3\n")
    cells = [task(number) for number in range(1, 13)]
    cells[3] = "%%task t4\n" + NOTE.format(name="t4") + "lines = (line for line in open('rows.txt'))\nv4 = v3 + 1"
    cells[4] = "%%task t5\n" + NOTE.format(name="t5") + "rows = (int(line) for line in lines)\nv5 = v4 + 1"
    cells[9] = "%%task t10\n" + NOTE.format(name="t10") + "v10 = v9 + sum(rows)"
    bench.write(*cells)
    bench.trouble("raise ValueError('no')")
    bench.cli("run", bench.path.name)
    run = bench.run
    assert "`rows` (generator): " in run.cells[4].state.message
    bench.forget_ledger()
    bench.no_trouble()
    status, _, said = bench.cli("resume", run.id)
    assert status == 0
    lines = said.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("run "))
    told = "\n".join(lines[:first])
    assert "6 finished tasks put back, 6 tasks to run" in told
    assert "runs again: t4: it completed, but `lines` (generator)" in told
    assert "cell 5 needs it" in told
    assert "runs again: t5: it completed, but `rows` (generator) could not be kept: " in told
    assert "return a list of its items; cell 10 needs it" in told
    assert bench.ledger == ["t4", "t5", "t9", "t10", "t11", "t12"]
    assert bench.copy(bench.run)[11].outputs[1].data["text/plain"] == str(12 + 6 - 1)


def test_an_edited_notebook_is_told_and_what_depends_on_the_edit_runs_again(bench):
    all_tasks(bench)
    bench.trouble("raise ValueError('no')")
    bench.cli("run", bench.path.name)
    cells = [task(number) for number in range(1, 13)]
    cells[6] = cells[6].replace("+ 1", "+ 100")
    cells[0] = cells[0] + "  # only a comment"
    bench.write(*cells)
    bench.forget_ledger()
    bench.no_trouble()
    status, _, said = bench.cli("resume", bench.run.id)
    assert status == 0
    assert "changed since: cell 7 (t7) has other code" in said
    assert "runs again: t8: its input `v7` comes from `t7`, which runs again" in said
    assert bench.ledger == ["t7", "t8", "t9", "t10", "t11", "t12"]


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda bench: None, "it completed; run the notebook again for a new result"),
        (lambda bench: bench.path.unlink(), "is gone; put it back"),
    ],
)
def test_a_notebook_run_without_a_next_attempt_says_why(bench, prepare, said):
    fails = "gone" in said
    bench.write("%%task a\nx = 1 / 0" if fails else "%%task a\nx = 1")
    bench.cli("run", bench.path.name)
    prepare(bench)
    status, _, err = bench.cli("resume", bench.run.id)
    assert status == 2
    assert said in err
    assert "Traceback" not in err
