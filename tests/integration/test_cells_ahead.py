"""Cells that a forked kernel has been sent ahead: nothing of one happens unless the one before it went well."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.errors import CellFailed, KernelDied, RunCancelled, RunTimedOut
from jupyter_flows.notebooks import execution
from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.execution import ExecutionOptions, execute
from jupyter_flows.notebooks.kernel.fork_servers import ForkServers
from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked, can_fork
from jupyter_flows.notebooks.stopping import StopHandle, StopReason

if not can_fork():
    pytest.skip("kernels are forked on Linux only", allow_module_level=True)

WELL, FAILED, NOT_RUN, TIMED_OUT, DIED = "Completed", "Failed", "NotRun", "TimedOut", "KernelDied"
TRACE = "open('trace', 'w').close()"
DEAF = "import time\ntry:\n    print('naps', flush=True)\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    pass"
COMM = "from comm import create_comm\nheld = create_comm(target_name='nobody')"


class Watcher:
    def __init__(self, says: threading.Event | None = None) -> None:
        self.says = says

    def cell_output(self, _index: int, _text: str) -> None:
        if self.says is not None:
            self.says.set()

    def __getattr__(self, _name: str) -> Any:
        return lambda *_: None


@pytest.fixture(scope="module")
def servers() -> Iterator[ForkServers]:
    servers = ForkServers(spares=1)
    yield servers
    servers.close()


@pytest.fixture(autouse=True)
def forked(servers: ForkServers, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forked(ForkSource):
        async def start(self, start: Any) -> Any:
            with contextlib.suppress(NotForked):
                return await super().start(start)
            return await super().start(start)

    monkeypatch.setattr(execution, "kernel_source", lambda **_: Forked(servers))


class Book:
    def __init__(self, folder: Path, *sources: str, tagged: int | None = None) -> None:
        self.folder = folder
        self.path = folder / "book.ipynb"
        cells = [
            {"cell_type": "code", "id": f"c{n}", "source": source, "execution_count": None, "outputs": []}
            | {"metadata": {"tags": ["raises-exception"]} if n == tagged else {}}
            for n, source in enumerate(sources)
        ]
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": cells}
        self.path.write_text(json.dumps(node))

    def run(self, watcher: Any = None, **options: Any) -> None:
        document, folder = load_notebook(self.path), self.folder / "run"
        looks_on: Any = watcher or Watcher()
        with pytest.MonkeyPatch.context() as patch:
            # ipykernel leaves what a process writes by itself uncaught in a process that seems to be a test.
            patch.delenv("PYTEST_CURRENT_TEST")
            execute(document, {}, folder, looks_on, ExecutionOptions(**options))

    def cells(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "run" / self.path.name).read_text())["cells"]

    def states(self) -> list[str]:
        return [cell["metadata"]["jupyter_flows"]["state"] for cell in self.cells()]

    def texts(self) -> list[str]:
        return ["".join("".join(out.get("text", "")) for out in cell["outputs"]) for cell in self.cells()]


@pytest.mark.parametrize(
    ("first", "ends", "states", "traced"),
    [
        ("1 / 0", CellFailed, [FAILED, NOT_RUN, NOT_RUN], False),
        ("x = (", CellFailed, [FAILED, NOT_RUN, NOT_RUN], False),
        ("exit()", None, [WELL, NOT_RUN, NOT_RUN], False),
        ("import sys; sys.exit(0)", None, [WELL, NOT_RUN, NOT_RUN], False),
        ("import os; os._exit(3)", KernelDied, [DIED, NOT_RUN, NOT_RUN], False),
        (COMM, None, [WELL, WELL, WELL], True),
        ("pass", None, [WELL, WELL, WELL], True),
    ],
)
def test_the_next_cell_runs_only_where_it_may(tmp_path, first, ends, states, traced):
    book = Book(tmp_path, first, TRACE, "print('last')")
    with pytest.raises(ends) if ends else contextlib.nullcontext():
        book.run()
    assert book.states() == states
    assert (tmp_path / "trace").exists() == traced
    assert book.texts()[2] == ("last\n" if traced else "")


def test_a_cell_that_may_raise_lets_the_next_run(tmp_path):
    book = Book(tmp_path, "x = 1", "1 / 0", TRACE, "print(x)", tagged=1)
    book.run()
    assert book.states() == [WELL] * 4
    assert (book.texts()[3], (tmp_path / "trace").exists()) == ("1\n", True)


def test_after_an_interrupt_that_a_cell_passes_over_the_next_does_not_run(tmp_path):
    book = Book(tmp_path, DEAF, TRACE)
    with pytest.raises(RunTimedOut):
        book.run(cell_timeout=0.3)
    assert (book.states(), (tmp_path / "trace").exists()) == ([TIMED_OUT, NOT_RUN], False)


def test_a_notebook_that_is_stopped_leaves_no_cell_that_began_unseen(tmp_path):
    book, says, stop = Book(tmp_path, "x = 1", DEAF, TRACE), threading.Event(), StopHandle()

    def stop_it() -> None:
        assert says.wait(60)
        stop.stop(StopReason("Cancelled", "enough"))

    thread = threading.Thread(target=stop_it)
    thread.start()
    with pytest.raises(RunCancelled):
        book.run(Watcher(says), stop=stop)
    thread.join()
    assert (book.states(), (tmp_path / "trace").exists()) == ([WELL, "Cancelled", NOT_RUN], False)


def test_each_cell_shows_what_it_said_itself(tmp_path):
    cells = [f"import os\nprint({n})\n_ = os.system('echo shell {n}')\n{n}" for n in range(12)]
    book = Book(tmp_path, *cells)
    book.run()
    assert book.texts() == [f"{n}\nshell {n}\n" for n in range(12)]
    assert [cell["execution_count"] for cell in book.cells()] == list(range(1, 13))
    shown = [out["data"]["text/plain"] for cell in book.cells() for out in cell["outputs"] if "data" in out]
    assert shown == [[str(n)] for n in range(12)]


def test_with_a_widget_open_cells_still_come_in_their_order(tmp_path):
    book = Book(tmp_path, "said = []", COMM, *[f"said.append({n})" for n in range(5)], "print(said)")
    book.run()
    assert book.texts()[-1] == "[0, 1, 2, 3, 4]\n"
    assert [cell["execution_count"] for cell in book.cells()] == list(range(1, 9))
