"""What each beginning and end of a cell means: for its state, for who watches, and for the run as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_flows.errors import CellFailed, CellSignalled, KernelDied, RunCancelled, RunTimedOut
from jupyter_flows.notebooks.artifact_bundle import ARTIFACT_MIME
from jupyter_flows.notebooks.cell_end import CellEnd, Completed, Died, PassedLimit, Raised, Stopped
from jupyter_flows.notebooks.document import label_of
from jupyter_flows.notebooks.executed import ExecutedCopy
from jupyter_flows.notebooks.observer import CellObserver
from jupyter_flows.notebooks.published import RESULT_MIME, Published, read_published
from jupyter_flows.notebooks.stopping import StopReason
from jupyter_flows.notebooks.terminal_text import last_line, without_escapes
from jupyter_flows.notebooks.told_pause import PAUSE_MIME, ToldPause, told_pause

# SystemExit with one of these is what Python itself takes for success.
_GOOD_EXITS = ("", "0", "None")
# What a cell that was stopped is said to have raised, where the kernel does not say so itself.
_ERROR_NAMES = {"Cancelled": "KeyboardInterrupt", "TimedOut": "TimeoutError"}


@dataclass(frozen=True, slots=True)
class Failure:
    """What the end of a cell means that did not go well.

    Parameters
    ----------
    state
        The name of the cell's state.
    message
        For people.
    error
        What ends the run.
    shown
        The name of the error that the cell is to show, where the kernel could not show one itself.
    """

    state: str
    message: str
    error: Exception
    shown: str = ""


def leaves_well(end: CellEnd) -> bool:
    """Whether a cell left the notebook with a good exit status."""
    return isinstance(end, Raised) and end.name == "SystemExit" and end.value in _GOOD_EXITS


class CellRun:
    """The account of one execution. ``position`` is a cell's place in the executed copy.

    Parameters
    ----------
    copy
        Where states are written.
    observer
        Told about each cell of the source.
    """

    def __init__(self, copy: ExecutedCopy, observer: CellObserver) -> None:
        self.copy = copy
        self.values: dict[str, Published] = {}
        self.ended_early_at: int | None = None
        self._observer = observer

    def started(self, position: int) -> None:
        """See `CellAccount`."""
        self.copy.start(position)
        index = self.copy.source_index(position)
        if index is not None:
            self._observer.cell_started(index)

    def said(self, position: int, kind: str, content: Mapping[str, Any]) -> None:
        """See `CellAccount`; published values are taken from what is displayed."""
        self.copy.touch()
        if kind == "stream":
            self._printed(position, str(content.get("name", "")), str(content.get("text", "")))
        elif isinstance(data := content.get("data"), dict) and isinstance(data.get(ARTIFACT_MIME), dict):
            self._attached(position, data[ARTIFACT_MIME])
        elif isinstance(data, dict) and isinstance(data.get(PAUSE_MIME), dict):
            self._pauses(position, told_pause(data[PAUSE_MIME]))
        else:
            self.take_published(content)

    def take_published(self, content: Mapping[str, Any]) -> None:
        """Take a value out of what is displayed, where that is one."""
        data = content.get("data")
        if isinstance(data, dict) and RESULT_MIME in data and (found := read_published(data[RESULT_MIME])) is not None:
            self.values[found[0]] = found[1]

    def changed(self, position: int) -> None:
        """See `CellAccount`."""
        self.copy.touch(position)

    def pause(self) -> float | None:
        """See `CellAccount`."""
        return self.copy.save_when_due()

    def ended(self, position: int, end: CellEnd) -> bool:
        """See `CellAccount`.

        Raises
        ------
        CellFailed, RunTimedOut, KernelDied, RunCancelled
        """
        if isinstance(end, Completed):
            return self._completed(position, end.name, end.message, early=end.exited)
        if leaves_well(end):
            return self._completed(position, "Completed", "", early=True)
        failure = self.failure(position, end)
        self._failed(position, failure)
        raise failure.error

    def failure(self, position: int, end: CellEnd) -> Failure:
        """What an end that is not good means; nothing is written down."""
        match end:
            case Raised():
                return self._raised(position, end)
            case PassedLimit(limit=limit):
                where = f"cell {self.copy.number(position)} ({self._label(position)})"
                message = f"{where} passed its time limit of {limit:g} s"
                return Failure("TimedOut", message, RunTimedOut(message), shown="TimeoutError")
            case Died(why=why):
                died = KernelDied(self.copy.number(position), why)
                return Failure("KernelDied", str(died), died, shown="KernelDied")
            case Stopped(reason=reason):
                return self._stopped(position, reason)
            case Completed():
                raise AssertionError("a good end is no failure")

    def broke(self, position: int, error: BaseException) -> None:
        """See `CellAccount`."""
        self.copy.end(position, "Crashed", f"{type(error).__name__}: {last_line(str(error))}", failed=True)

    def _printed(self, position: int, stream: str, text: str) -> None:
        index = self.copy.source_index(position)
        if index is None:
            return
        self._observer.cell_printed(index, stream, text)
        line = last_line(text)
        if line:
            self._observer.cell_output(index, line)

    def _pauses(self, position: int, told: ToldPause | None) -> None:
        index = self.copy.source_index(position)
        if index is not None and told is not None:
            self._observer.cell_pauses(index, told)

    def _attached(self, position: int, artifact: Mapping[str, Any]) -> None:
        index = self.copy.source_index(position)
        if index is not None:
            self._observer.cell_attached(index, artifact)

    def _completed(self, position: int, name: str, message: str, *, early: bool) -> bool:
        self.copy.end(position, name, "ended the notebook here" if early else last_line(message))
        if early:
            self.ended_early_at = self.copy.number(position)
        self._tell(position, None)
        return not early

    def _raised(self, position: int, end: Raised) -> Failure:
        plain = without_escapes(end.value)
        traceback = without_escapes(end.traceback)
        where = (self.copy.number(position), self._label(position), end.name, plain, traceback)
        if end.signal is None:
            return Failure("Failed", f"{end.name}: {plain}", CellFailed(*where))
        state = end.signal.state
        return Failure(state.name, state.message, CellSignalled(*where, end.signal))

    def _stopped(self, position: int, reason: StopReason) -> Failure:
        message = reason.message or f"stopped in cell {self.copy.number(position)}"
        error = RunTimedOut(message) if reason.state == "TimedOut" else RunCancelled(message)
        return Failure(reason.state, message, error, shown=_ERROR_NAMES.get(reason.state, reason.state))

    def _failed(self, position: int, failure: Failure) -> None:
        if failure.shown:  # the kernel could not tell it itself
            self.copy.outputs.add_error(position, failure.shown, failure.message)
            self.copy.outputs.settle(position)
        self.copy.end(position, failure.state, last_line(failure.message), failed=True)
        self._tell(position, failure.error)

    def _label(self, position: int) -> str:
        return label_of(self.copy.cells[position]["source"])

    def _tell(self, position: int, error: Exception | None) -> None:
        index = self.copy.source_index(position)
        if index is not None:
            self._observer.cell_ended(index, error)
