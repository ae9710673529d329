"""The executed copy of a notebook: whatever happens it is a valid file that tells the truth about each cell."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output, writes
from papermill.exceptions import PapermillException
from papermill.execute import prepare_notebook_metadata, remove_error_markers
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from jupyter_flows.errors import NotebookError
from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.document import INJECTED_TAG, Document, is_executed
from jupyter_flows.notebooks.json_values import JsonValue

METADATA_KEY = "jupyter_flows"

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
        Where the copy is written.

    Raises
    ------
    NotebookError
        Parameters cannot be written in the kernel's language.
    """

    def __init__(
        self, document: Document, parameters: Mapping[str, JsonValue], kernel_name: str, language: str, path: Path
    ) -> None:
        self.path = path
        self.node = _prepared(document, parameters, kernel_name, language, path)
        self._source_indexes = _source_indexes(document, self.node)
        for cell in self.node.cells:
            _enter(cell, "Pending" if is_executed(cell) else "Skipped")
        self._next_save = 0.0

    def source_index(self, position: int) -> int | None:
        """Where a cell of the copy stands in the source; None for the injected parameters."""
        return self._source_indexes[position]

    def enter(self, position: int, state: str, message: str = "") -> None:
        """Write a cell's state into its metadata."""
        _enter(self.node.cells[position], state, message)

    def add_error(self, position: int, name: str, value: str) -> None:
        """Add an error that the kernel could not tell itself to a cell's outputs."""
        output = new_output("error", ename=name, evalue=value, traceback=[f"{name}: {value}"])
        self.node.cells[position].outputs.append(output)

    def states(self) -> dict[int, str]:
        """The states of the code cells, by their position in the source."""
        return {index: state for index, state in self._states() if index is not None}

    def _states(self) -> list[tuple[int | None, str]]:
        cells = zip(self._source_indexes, self.node.cells, strict=True)
        return [(index, cell.metadata[METADATA_KEY]["state"]) for index, cell in cells if cell.cell_type == "code"]

    def save_when_due(self) -> None:
        """Save, unless that was done a moment ago. A full disk does not stop the run: the last save tells."""
        before = time.monotonic()
        if before < self._next_save:
            return
        with suppress(OSError):
            self.save()
        after = time.monotonic()
        self._next_save = after + max(_SAVE_EVERY_SECONDS, (after - before) / _SAVE_SHARE)

    def finish(self) -> None:
        """Mark what was never reached and save.

        Raises
        ------
        NotebookError
            The file cannot be written; an earlier save is left as it was.
        """
        for cell in self.node.cells:
            if cell.metadata.get(METADATA_KEY, {}).get("state") == "Pending":
                _enter(cell, "NotRun")
        try:
            self.save()
        except OSError as error:
            raise NotebookError(f"the executed notebook {self.path} could not be written: {error.strerror}") from error

    def save(self) -> None:
        """Write the copy in one step.

        Raises
        ------
        OSError
            An earlier save is left as it was.
        """
        replace_text(self.path, writes(self.node) + "\n")


def _prepared(
    document: Document, parameters: Mapping[str, JsonValue], kernel_name: str, language: str, path: Path
) -> NotebookNode:
    # papermill copies a node by writing and reading it, so the document stays as it is.
    node = remove_error_markers(load_notebook_node(document.node))
    if parameters:
        try:
            node = parameterize_notebook(node, dict(parameters), kernel_name=kernel_name, language=language)
        except PapermillException as error:
            why = f"{document.path.name}: parameters cannot be handed to a kernel of the language {language!r}"
            raise NotebookError(f"{why} ({error})") from None
    node = prepare_notebook_metadata(node, str(document.path), str(path))
    for cell in node.cells:
        cell.metadata.setdefault("papermill", {})
    node.metadata[METADATA_KEY] = {"fingerprint": document.fingerprint}
    return node


def _source_indexes(document: Document, node: NotebookNode) -> list[int | None]:
    by_id = {cell.id: index for index, cell in enumerate(document.node.cells)}
    # A copy that is run again has an injected cell already, whose place the new one takes.
    tagged = enumerate(document.node.cells)
    injected = next((index for index, cell in tagged if INJECTED_TAG in cell.metadata.get("tags", [])), None)
    return [by_id.get(cell.id, injected) for cell in node.cells]


def _enter(cell: NotebookNode, state: str, message: str = "") -> None:
    if cell.cell_type != "code":
        return
    kept: Any = cell.metadata.get(METADATA_KEY)
    options = {key: value for key, value in kept.items() if key != "message"} if isinstance(kept, dict) else {}
    cell.metadata[METADATA_KEY] = options | {"state": state} | ({"message": message} if message else {})
