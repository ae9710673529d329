from __future__ import annotations

import json
from typing import Any, cast

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from jupyter_flows.errors import CellFailed, KernelDied, RunCancelled, RunTimedOut
from jupyter_flows.model.events import AttemptEnded, AttemptStarted, RunAbandoned, TaskSubmitted
from jupyter_flows.model.records import LogWritten
from jupyter_flows.notebooks.document import Document
from jupyter_flows.services.notebook_cells import CellRuns


class Session:
    def __init__(self) -> None:
        self.events: list[Any] = []

    def post(self, run: Any, event: Any, wake: bool = True) -> None:
        self.events.append(event)

    post_slowly = post


class Run:
    id = "abc"

    def __init__(self) -> None:
        self.session = Session()


class Watcher:
    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def started(self, number: int) -> None: ...
    def printed(self, number: int, line: str) -> None:
        self.told.append((number, line))

    def showing(self, number: int, text: str) -> None: ...
    def ended(self, number: int, state: Any) -> None:
        self.told.append((number, state.name))


@pytest.fixture
def cells(tmp_path) -> Any:
    node = new_notebook(
        cells=[
            new_markdown_cell("# Title"),
            new_code_cell("a = 1\nb = 2", metadata={"tags": ["parameters"]}),
            new_code_cell("1 / 0", metadata={"name": "divide"}),
            new_code_cell("   "),
            new_code_cell("3"),
        ]
    )
    document = Document(tmp_path / "x.ipynb", node, "python3", "python", "hash")
    runs = CellRuns(cast("Any", Run()), document, {"a": "x"}, cast("Any", Watcher()))
    runs.submit()
    return runs


def events(cells: Any) -> list[Any]:
    return cells._run.session.events


def test_cells_are_known_from_the_start_numbered_as_people_count_each_after_the_one_before(cells):
    submitted = [event for event in events(cells) if isinstance(event, TaskSubmitted)]
    assert [(event.number, event.name, event.upstreams) for event in submitted] == [
        (2, "a = 1", ()),
        (3, "divide", ((2, True),)),
        (5, "3", ((3, True),)),
    ]
    assert submitted[0].spec.tags == ("parameters",)
    assert {event.spec.kind for event in submitted} == {"cell"}


def test_a_cell_that_ends_well_is_completed(cells):
    cells.cell_started(1)
    cells.cell_printed(1, "stdout", "hel")
    cells.cell_output(1, "hel")
    cells.cell_printed(1, "stdout", "lo\x1b[0m")
    cells.cell_ended(1, None)
    started, log, ended = events(cells)[3:]
    assert isinstance(started, AttemptStarted) and isinstance(ended, AttemptEnded) and isinstance(log, LogWritten)
    assert (log.number, log.message) == (2, "hello")
    assert ended.outcome.state.name == "Completed"


@pytest.mark.parametrize(
    ("error", "kind", "name", "told"),
    [
        (CellFailed(3, "1 / 0", "ZeroDivisionError", "by zero\nx", "Trace"), "failed", "Failed", "ZeroDivisionError"),
        (RunTimedOut("cell 3 passed its limit"), "failed", "TimedOut", "TimedOut"),
        (KernelDied(3, "killed"), "crashed", "KernelDied", "KernelDied"),
        (RunCancelled("stopped"), "cancelled", "Cancelled", ""),
        (OSError("disk"), "crashed", "Crashed", ""),
    ],
)  # fmt: skip
def test_each_end_of_a_cell_has_its_state_and_leaves_what_why_needs(cells, error, kind, name, told):
    cells.cell_started(2)
    cells.cell_ended(2, error)
    outcome = events(cells)[-1].outcome
    assert (str(outcome.state.kind), outcome.state.name, outcome.error_type) == (kind, name, told)
    assert "\n" not in outcome.state.message
    assert not outcome.may_retry  # who executes the cell has said that it is over
    assert not told or json.loads(outcome.inputs) == {"a": "'x'"}
    assert outcome.traceback == ("Trace" if told == "ZeroDivisionError" else "")


def test_an_interruption_by_sigterm_is_a_crash(cells):
    cells.terminated = True
    cells.cell_started(2)
    cells.cell_ended(2, RunCancelled("stopped"))
    assert events(cells)[-1].outcome.state.name == "Interrupted"


def test_what_was_never_reached_did_not_run_and_what_was_lost_has_crashed(cells):
    cells.cell_started(1)
    cells.cell_ended(1, None)
    cells.cell_started(2)
    cells.close()
    ends = [(event.number, event.state.name) for event in events(cells) if isinstance(event, RunAbandoned)]
    assert ends == [(3, "Crashed"), (5, "NotRun")]
    assert cells._watcher.told == [(2, "Completed"), (3, "Crashed"), (5, "NotRun")]
