"""A shell with the extension, and a store of its own for each test."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_flows.magics.extension import load_ipython_extension, unload_ipython_extension
from jupyter_flows.magics.loaded import workbench_of
from jupyter_flows.magics.request import Request
from jupyter_flows.magics.workbench import Workbench
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.testing import Harness, flows_test_harness

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Ran:
    """What a cell did."""

    result: Any
    out: str
    err: str

    @property
    def value(self) -> Any:
        return self.result.result

    @property
    def error(self) -> BaseException | None:
        return self.result.error_in_exec or self.result.error_before_exec


@dataclass
class Typed:
    """A notebook into which a test types."""

    shell: InteractiveShell
    harness: Harness
    cells: list[Ran] = field(default_factory=list)

    @property
    def workbench(self) -> Workbench:
        found = workbench_of(self.shell)
        assert found is not None
        return found

    @property
    def names(self) -> dict[str, Any]:
        return self.shell.user_ns

    def run(self, text: str) -> Ran:
        """Run a cell, whatever comes."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            result = self.shell.run_cell(text, store_history=True)
        self.cells.append(Ran(result, _COLOURS.sub("", out.getvalue()), _COLOURS.sub("", err.getvalue())))
        return self.cells[-1]

    def good(self, text: str) -> Ran:
        """Run a cell that must work."""
        ran = self.run(text)
        assert ran.error is None, ran.out + ran.err
        return ran

    def runs(self) -> list[FlowRun]:
        """Every flow run, oldest first."""
        return list(reversed(self.harness.reader.flow_runs(RunFilter(standalone=True, limit=1000))))

    def ends(self) -> list[tuple[str, str]]:
        return [(run.flow, run.state.name) for run in self.runs()]


@pytest.fixture
def notebook(shell: InteractiveShell) -> Iterator[Typed]:
    displayhook = sys.displayhook
    with flows_test_harness() as harness:
        load_ipython_extension(shell)
        yield Typed(shell, harness)
        unload_ipython_extension(shell)
    assert sys.displayhook is displayhook


@pytest.fixture
def asks(notebook: Typed, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the next cells come from a front end that names them: ``asks("id", tags=["task"])``."""

    assert notebook.workbench  # awake: a stand-in asks the kernel, of which there is none

    def ask(cell_id: str, **metadata: Any) -> None:
        request = Request({"header": {"msg_id": cell_id}}, cell_id, {"cellId": cell_id, **metadata})
        for module in ("workbench", "rewriting"):
            monkeypatch.setattr(f"jupyter_flows.magics.{module}.current_request", lambda shell: request)

    return ask
