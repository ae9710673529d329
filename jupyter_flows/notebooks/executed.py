"""The executed copy of a notebook: whatever happens it is a valid file that tells the truth about each cell."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_flows.errors import NotebookError
from jupyter_flows.notebooks.account import close_account, end_cell, open_account, remove_error_markers, start_cell
from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.document import INJECTED_TAG, Document, is_executed
from jupyter_flows.notebooks.injection import first_tagged, inject
from jupyter_flows.notebooks.journal import METADATA_KEY, Journal
from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.nbformat4 import Node, cell_text, to_text
from jupyter_flows.notebooks.outputs import NotebookOutputs, OutputLimits
from jupyter_flows.notebooks.spill import Spill
from jupyter_flows.notebooks.task_cells import Restoration

# A save rewrites the whole file. At most one every two seconds, and never more than 2 % of the time, keeps it linear.
_SAVE_EVERY_SECONDS = 2.0
_SAVE_SHARE = 0.02


class ExecutedCopy:
    """The copy that cells are executed in.

    Parameters
    ----------
    document
        The source, which is never touched.
    parameters
        Values for the injected cell; none is injected where this is empty.
    kernel_name, language
        What the cells are executed with.
    path
        Where the copy is written; its folder also takes the journal and what outputs are too long for the copy.
    limits
        How much of its outputs is kept in it.

    Raises
    ------
    NotebookError
        Parameters cannot be written in the kernel's language.
    """

    def __init__(
        self,
        document: Document,
        parameters: Mapping[str, JsonValue],
        kernel_name: str,
        language: str,
        path: Path,
        limits: OutputLimits | None = None,
    ) -> None:
        self.path = path
        self.node = _prepared(document, parameters, kernel_name, language, path)
        self.cells: list[Node] = self.node["cells"]
        self._source_indexes = _source_indexes(document, self.node)
        for cell in self.cells:
            _enter(cell, "Pending" if is_executed(cell) else "Skipped")
        self._spill = Spill(path.parent)
        self.outputs = NotebookOutputs(self.cells, limits, self._spill, self.number)
        self._texts: dict[int, str] = {}  # of cells that have ended, as they are written
        self._journal: Journal | None = None
        self._running: set[int] = set()
        self._unsaved = False
        self._next_save = 0.0

    def source_index(self, position: int) -> int | None:
        """Where a cell of the copy stands in the source; None for the injected parameters."""
        return self._source_indexes[position]

    def number(self, position: int) -> int:
        """A cell's number for people, from 1, in the source; the injected cell shares that of the parameters cell."""
        index = self._source_indexes[position]
        return (index if index is not None else max(0, position - 1)) + 1

    def executed_positions(self) -> list[int]:
        """The positions of the cells that are sent to the kernel."""
        return [position for position, cell in enumerate(self.cells) if is_executed(cell)]

    def states(self) -> dict[int, str]:
        """The states of the code cells, by their position in the source."""
        cells = zip(self._source_indexes, self.cells, strict=True)
        code = [(index, cell) for index, cell in cells if cell["cell_type"] == "code"]
        return {index: cell["metadata"][METADATA_KEY]["state"] for index, cell in code if index is not None}

    # --- what happens to it -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Write the copy and begin its journal.

        Raises
        ------
        NotebookError
            The folder cannot be written to.
        """
        try:
            self.save(durable=False)
        except OSError as error:
            raise self._unwritten(error) from error
        self._journal = Journal(self.path, self.node)
        self._next_save = time.monotonic() + _SAVE_EVERY_SECONDS

    def start(self, position: int) -> None:
        """A cell begins; cells that are not executed and stand before it are done."""
        cell = self.cells[position]
        self._pass_by(position)
        start_cell(cell)
        _enter(cell, "Running")
        self._unsaved = True
        self._running.add(position)
        self._texts.pop(position, None)
        if self._journal is not None:
            self._journal.metadata(position, cell)

    def end(self, position: int, state: str, message: str = "", *, failed: bool = False) -> None:
        """A cell has ended, with settled outputs."""
        cell = self.cells[position]
        end_cell(self.node, cell, failed=failed)
        _enter(cell, state, message)
        self._running.discard(position)
        self.touch(position)

    def put_back(self, position: int, restoration: Restoration) -> None:
        """A cell need not run: it shows what it showed when it did."""
        self.start(position)
        self.show_again(position, restoration)
        self.end(position, restoration.state, restoration.message)

    def show_again(self, position: int, restoration: Restoration) -> None:
        """Let a cell show what it showed."""
        cell = self.cells[position]
        cell["outputs"][:] = copy.deepcopy(list(restoration.outputs))
        cell["execution_count"] = restoration.execution_count

    def leave(self, position: int, state: str, message: str) -> None:
        """A cell has ended without having begun."""
        _enter(self.cells[position], state, message)
        self.touch(position)

    def touch(self, position: int | None = None) -> None:
        """The outputs of a cell have changed; of the running one, where no position is given."""
        self._unsaved = True
        if position is not None:
            self._texts.pop(position, None)
            if self._journal is not None:
                self._journal.cell(position, self.cells[position])

    def note(self, **metadata: Any) -> None:
        """Add to the notebook's own metadata."""
        self.node["metadata"] |= metadata
        if self._journal is not None:
            self._journal.notebook(self.node["metadata"])

    # --- the file ---------------------------------------------------------------------------------------------

    def save_when_due(self) -> float | None:
        """Save, unless that was done a moment ago; return in how many seconds to ask again, if at all.

        A full disk does not stop the run: the last save tells.
        """
        if not self._unsaved:
            return None
        before = time.monotonic()
        if before < self._next_save:
            return self._next_save - before
        with suppress(OSError):
            self.save(durable=False)
        after = time.monotonic()
        self._next_save = after + max(_SAVE_EVERY_SECONDS, (after - before) / _SAVE_SHARE)
        return None

    def finish(self, *, complete: bool) -> None:
        """Mark what was never reached, save, and remove the journal, which is of no use any more.

        Parameters
        ----------
        complete
            Whether the run got to the notebook's end.

        Raises
        ------
        NotebookError
            The file cannot be written; an earlier save is left as it was, and the journal is kept.
        """
        if complete:
            self._pass_by(len(self.cells))
        for position, cell in enumerate(self.cells):
            if cell["metadata"].get(METADATA_KEY, {}).get("state") == "Pending":
                _enter(cell, "NotRun")
                self._texts.pop(position, None)
        close_account(self.node)
        self._spill.close()
        try:
            self.save()
        except OSError as error:
            self._close_journal(remove=False)
            raise self._unwritten(error) from error
        self._close_journal(remove=True)

    def save(self, *, durable: bool = True) -> None:
        """Write the copy in one step; ``durable`` where no later save is to come.

        Raises
        ------
        OSError
            An earlier save is left as it was.
        """
        for position in self._running:
            self.outputs.settle(position)
        replace_text(self.path, to_text(self.node, self._text), durable=durable)
        self._unsaved = False

    def _text(self, position: int, cell: Node) -> str:
        known = self._texts.get(position)
        if known is None:
            known = cell_text(cell)
            if position not in self._running:
                self._texts[position] = known
        return known

    def _pass_by(self, position: int) -> None:
        for before in range(position - 1, -1, -1):
            cell = self.cells[before]
            if cell["metadata"]["papermill"]["status"] != "pending":
                return
            if position < len(self.cells) and is_executed(cell):  # it runs beside this one, or waits
                continue
            start_cell(cell)
            end_cell(self.node, cell, failed=False)
            self._texts.pop(before, None)

    def _close_journal(self, *, remove: bool) -> None:
        if self._journal is not None:
            self._journal.close(remove=remove)
            self._journal = None

    def _unwritten(self, error: OSError) -> NotebookError:
        return NotebookError(f"the executed notebook {self.path} could not be written: {error.strerror or error}")


def _prepared(
    document: Document, parameters: Mapping[str, JsonValue], kernel_name: str, language: str, path: Path
) -> Node:
    node: Node = copy.deepcopy(document.node)
    remove_error_markers(node)
    if parameters:
        try:
            inject(node, parameters, kernel_name, language)
        except NotebookError as error:
            raise NotebookError(f"{document.path.name}: {error}") from None
    open_account(node, dict(parameters), str(document.path), str(path))
    node["metadata"][METADATA_KEY] = {"fingerprint": document.fingerprint}
    return node


def _source_indexes(document: Document, node: Node) -> list[int | None]:
    by_id = {cell["id"]: index for index, cell in enumerate(document.node["cells"])}
    # A copy that is run again has an injected cell already, whose place the new one takes.
    injected = first_tagged(document.node, INJECTED_TAG)
    return [by_id.get(cell["id"], injected) for cell in node["cells"]]


def _enter(cell: Node, state: str, message: str = "") -> None:
    if cell["cell_type"] != "code":
        return
    kept: Any = cell["metadata"].get(METADATA_KEY)
    options = {key: value for key, value in kept.items() if key != "message"} if isinstance(kept, dict) else {}
    cell["metadata"][METADATA_KEY] = options | {"state": state} | ({"message": message} if message else {})
