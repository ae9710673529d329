"""The plain log of a notebook run, in its folder: what each cell printed, and how it ended."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

from jupyter_flows.model.states import State
from jupyter_flows.notebooks.document import CodeCell
from jupyter_flows.services.notebook_cells import NotebookWatcher


class NotebookLog:
    """Writes down what a watcher is told, and tells it on.

    A log that cannot be written (a full disk) stops nothing.

    Parameters
    ----------
    path
        The file, made when the run is opened.
    watcher
        Who else looks on.
    """

    def __init__(self, path: Path, watcher: NotebookWatcher) -> None:
        self.path = path
        self._watcher = watcher
        self._labels: dict[int, str] = {}
        self._file: TextIO | None = None

    def opened(self, run_id: str, name: str, cells: Sequence[CodeCell]) -> None:
        """See `NotebookWatcher`."""
        with contextlib.suppress(OSError):
            self.path.touch(mode=0o600)
            self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace", buffering=1)
        self._labels = {cell.index + 1: cell.label for cell in cells}
        self._write(f"run {run_id} of {name}, {len(cells)} cells")
        self._watcher.opened(run_id, name, cells)

    def started(self, number: int) -> None:
        """See `NotebookWatcher`."""
        self._write(f"cell {number} started: {self._labels.get(number, '')}")
        self._watcher.started(number)

    def printed(self, number: int, line: str) -> None:
        """See `NotebookWatcher`."""
        self._write(f"cell {number} | {line}")
        self._watcher.printed(number, line)

    def showing(self, number: int, text: str) -> None:
        """See `NotebookWatcher`."""
        self._watcher.showing(number, text)

    def ended(self, number: int, state: State) -> None:
        """See `NotebookWatcher`."""
        self._write(f"cell {number} {state.name}{f': {state.message}' if state.message else ''}")
        self._watcher.ended(number, state)

    def close(self, state: State | None) -> None:
        """Write how the run ended."""
        if state is not None:
            self._write(f"run {state.name}{f': {state.message}' if state.message else ''}")
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _write(self, line: str) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.write(f"{datetime.now().astimezone().isoformat(timespec='milliseconds')} {line}\n")
