"""The cells of a headless notebook run as task runs: each waits for the one before, in whatever state that ended."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.tracebacks import short_repr
from jupyter_flows.errors import CellFailed, KernelDied, RunCancelled, RunTimedOut
from jupyter_flows.model.commands import RunHandlers, RunHooks, Settle, StartAttempt, StopAttempt
from jupyter_flows.model.events import AttemptEnded, AttemptStarted, Outcome, RunAbandoned, TaskSubmitted
from jupyter_flows.model.records import LogWritten
from jupyter_flows.model.specs import TaskSpec
from jupyter_flows.model.states import State, cancelled, completed, crashed, failed
from jupyter_flows.notebooks.document import CodeCell, Document
from jupyter_flows.services.artifacts import keep_artifact
from jupyter_flows.services.printed_lines import PrintedLines

_MOST_CHARACTERS = 100_000


class NotebookWatcher(Protocol):
    """Who looks on while a notebook runs; ``number`` counts the notebook's cells from 1, as people do."""

    def opened(self, run_id: str, name: str, cells: Sequence[CodeCell]) -> None:
        """The run is in the store, and its kernel is about to start."""
        ...

    def started(self, number: int) -> None:
        """A cell was sent to the kernel."""
        ...

    def printed(self, number: int, line: str) -> None:
        """A cell printed this whole line."""
        ...

    def showing(self, number: int, text: str) -> None:
        """What to show of a cell just now: the newest words of what it prints."""
        ...

    def ended(self, number: int, state: State) -> None:
        """A cell has ended."""
        ...


class CellPlace:
    """A cell runs in the kernel; orders about it have nothing to do here."""

    def start(self, order: StartAttempt) -> None:
        """The kernel takes its cells one after the other."""

    def hooks(self, order: RunHooks | RunHandlers) -> None:
        """A cell has no hooks."""

    def settle(self, order: Settle) -> None:
        """Publish the state."""
        order.call.settle(order.state)  # type: ignore[attr-defined]

    def stop(self, order: StopAttempt) -> None:
        """Who stops a cell stops the whole notebook."""


class CellRuns:
    """Tells a run's machine what happens to its cells: the `CellObserver` of the execution.

    Parameters
    ----------
    run
        The notebook's flow run.
    document
        The notebook.
    inputs
        Its parameters, which are what led to a failure.
    watcher
        Told the same, for people.
    """

    def __init__(
        self, run: FlowRunHandle, document: Document, inputs: Mapping[str, Any], watcher: NotebookWatcher
    ) -> None:
        self.terminated = False  # whether an interruption means that the process must end
        self._run, self._document, self._watcher = run, document, watcher
        self._inputs = json.dumps({name: short_repr(value) for name, value in inputs.items()})
        self._lines = PrintedLines()
        self._open: dict[int, State | None] = {}  # number -> None, or a state once it is under way
        self._calls: dict[int, Call] = {}

    def submit(self) -> None:
        """Tell of every cell, so that those to come are seen waiting."""
        place, code = CellPlace(), UserCode(lambda: None, self._document)
        before: tuple[tuple[int, bool], ...] = ()
        for cell in self._document.code_cells:
            number = cell.index + 1
            spec = TaskSpec(self._name(cell), kind="cell", tags=self._tags(cell), skip_on_upstream_skip=False)
            call = Call(self._run, number, spec, code, (), {}, spec.name, place)
            self._post(TaskSubmitted(time.time(), number, spec, call, spec.name, before))
            self._open[number], self._calls[number] = None, call
            before = ((number, True),)

    def cell_started(self, index: int) -> None:
        """See `CellObserver`."""
        number = index + 1
        self._open[number] = crashed(time.time(), "its end is not known")
        self._post(AttemptStarted(time.time(), number, 1))
        self._watcher.started(number)

    def cell_output(self, index: int, text: str) -> None:
        """See `CellObserver`."""
        self._watcher.showing(index + 1, text)

    def cell_printed(self, index: int, stream: str, text: str) -> None:
        """See `CellObserver`."""
        self._keep_lines(index + 1, self._lines.add(stream, text))

    def cell_attached(self, index: int, artifact: Mapping[str, Any]) -> None:
        """See `CellObserver`."""
        keep_artifact(self._run, index + 1, artifact)

    def cell_ended(self, index: int, error: Exception | None) -> None:
        """See `CellObserver`."""
        number = index + 1
        self._keep_lines(number, self._lines.finish())
        self._open.pop(number, None)
        outcome = self._outcome(error)
        self._post(AttemptEnded(outcome.state.at, number, 1, outcome))
        self._watcher.ended(number, outcome.state)

    def ended_from_outside(self) -> State | None:
        """The state in which the machine has ended the cell that is under way; None where none is."""
        under_way = (self._calls[number] for number, state in list(self._open.items()) if state is not None)
        return next((call.state for call in under_way if call.state is not None), None)

    def close(self) -> None:
        """End every cell that has not ended: one that was under way is lost, the others were never reached."""
        for number, state in self._open.items():
            at = time.time()
            end = state or cancelled(at, "the notebook ended before it", "NotRun")
            self._post(RunAbandoned(at, number, end))
            self._watcher.ended(number, end)
        self._open.clear()

    def _keep_lines(self, number: int, lines: Iterable[str]) -> None:
        run = self._run
        for line in lines:
            record = LogWritten(run.id, number, time.time(), logging.INFO, "cell", line[:_MOST_CHARACTERS])
            run.session.post_slowly(run, record, wake=False)
            self._watcher.printed(number, line)

    def _outcome(self, error: Exception | None) -> Outcome:
        at = time.time()
        match error:
            case None:
                return Outcome(completed(at))
            case CellFailed():
                state = failed(at, error, _one_line(f"{error.error_name}: {error.error_value}"))
                return Outcome(state, error_type=error.error_name, traceback=error.traceback, inputs=self._inputs)
            case RunTimedOut():
                state = failed(at, error, _one_line(str(error)), "TimedOut")
                return Outcome(state, error_type="TimedOut", inputs=self._inputs)
            case KernelDied():
                state = crashed(at, _one_line(str(error)), "KernelDied", error)
                return Outcome(state, error_type="KernelDied", inputs=self._inputs)
            case RunCancelled() if self.terminated:
                return Outcome(crashed(at, "the process was told to terminate", "Interrupted", error))
            case RunCancelled():
                return Outcome(cancelled(at, "interrupted", error=error))
            case _:
                return Outcome(crashed(at, _one_line(f"{type(error).__name__}: {error}"), error=error))

    def _name(self, cell: CodeCell) -> str:
        given = self._document.node["cells"][cell.index]["metadata"].get("name")
        return given if isinstance(given, str) and given.strip() else cell.label or f"cell {cell.index + 1}"

    def _tags(self, cell: CodeCell) -> tuple[str, ...]:
        tags = self._document.node["cells"][cell.index]["metadata"].get("tags", ())
        return tuple(tag for tag in tags if isinstance(tag, str))

    def _post(self, event: Any) -> None:
        self._run.session.post(self._run, event)


def _one_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:500]
