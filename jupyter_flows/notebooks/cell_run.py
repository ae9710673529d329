"""What each beginning and end of a cell means: for its state, for who watches, and for the run as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_flows.errors import CellFailed, KernelDied, RunCancelled, RunTimedOut
from jupyter_flows.notebooks.document import Document, label_of
from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.observer import CellObserver
from jupyter_flows.notebooks.parameters import parameters_cell
from jupyter_flows.notebooks.publish import RESULT_MIME
from jupyter_flows.notebooks.terminal_text import last_line, without_escapes

if TYPE_CHECKING:
    from jupyter_flows.notebooks.executed import ExecutedCopy

# SystemExit with one of these is what Python itself takes for success.
_GOOD_EXITS = ("", "0", "None")

_ErrorT = TypeVar("_ErrorT", bound=Exception)


class CellRun:
    """The account of one execution. ``position`` is a cell's place in the executed copy.

    Parameters
    ----------
    copy
        Where states are written.
    observer
        Told about each cell of the source.
    document
        The source.
    timeout
        Seconds that one cell may take; None for no limit.
    """

    def __init__(self, copy: ExecutedCopy, observer: CellObserver, document: Document, timeout: float | None) -> None:
        self.copy, self.timeout = copy, timeout
        self.values: dict[str, JsonValue] = {}
        self.ended_early_at: int | None = None
        self._observer, self._document = observer, document

    def number(self, position: int) -> int:
        """A cell's number for people, from 1, in the source; the injected cell shares that of the parameters cell."""
        index = self.copy.source_index(position)
        return (index if index is not None else parameters_cell(self._document) or 0) + 1

    def started(self, position: int) -> None:
        """A cell is about to be sent."""
        self.copy.enter(position, "Running")
        index = self.copy.source_index(position)
        if index is not None:
            self._observer.cell_started(index)

    def printed(self, position: int, stream: str, text: str) -> None:
        """A cell printed."""
        index, line = self.copy.source_index(position), last_line(text)
        if index is None:
            return
        self._observer.cell_printed(index, stream, text)
        if line:
            self._observer.cell_output(index, line)

    def displayed(self, data: Mapping[str, Any]) -> None:
        """A cell displayed a bundle; published values are taken from it."""
        found = data.get(RESULT_MIME)
        if isinstance(found, dict) and isinstance(found.get("name"), str):
            self.values[found["name"]] = found.get("value")

    def completed(self, position: int, *, early: bool = False) -> None:
        """A cell ended well; ``early`` when it also ended the notebook."""
        self.copy.enter(position, "Completed", "ended the notebook here" if early else "")
        if early:
            self.ended_early_at = self.number(position)
        self._tell(position, None)

    def raised(self, position: int, name: str, value: str, traceback: str) -> CellFailed | None:
        """A cell raised. Return the error that ends the run, or None where it asked for a good end."""
        if name == "SystemExit" and value in _GOOD_EXITS:
            self.completed(position, early=True)
            return None
        label = label_of(self.copy.node.cells[position].source)
        plain = without_escapes(value)
        error = CellFailed(self.number(position), label, name, plain, without_escapes(traceback))
        return self._failed(position, "Failed", f"{name}: {plain}", error)

    def timed_out(self, position: int) -> RunTimedOut:
        """A cell passed the limit."""
        label = label_of(self.copy.node.cells[position].source)
        message = f"cell {self.number(position)} ({label}) passed its time limit of {self.timeout:g} s"
        self.copy.add_error(position, "TimeoutError", message)
        return self._failed(position, "TimedOut", message, RunTimedOut(message))

    def died(self, position: int, why: str) -> KernelDied:
        """The kernel ended while a cell ran."""
        error = KernelDied(self.number(position), why)
        self.copy.add_error(position, "KernelDied", str(error))
        return self._failed(position, "KernelDied", str(error), error)

    def cancelled(self, position: int) -> None:
        """Somebody stopped the run while a cell ran."""
        message = f"stopped in cell {self.number(position)}"
        self.copy.add_error(position, "KeyboardInterrupt", message)
        self._failed(position, "Cancelled", message, RunCancelled(message))

    def broke(self, position: int, error: Exception) -> None:
        """Our side failed while a cell ran, the observer's call perhaps: its end is not known."""
        self.copy.enter(position, "Crashed", f"{type(error).__name__}: {last_line(str(error))}")

    def _failed(self, position: int, state: str, message: str, error: _ErrorT) -> _ErrorT:
        self.copy.enter(position, state, last_line(message))
        self._tell(position, error)
        return error

    def _tell(self, position: int, error: Any) -> None:
        index = self.copy.source_index(position)
        if index is not None:
            self._observer.cell_ended(index, error)
