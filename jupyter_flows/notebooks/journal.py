"""The journal of a notebook being executed: what a killed process had already seen, from which the copy is rebuilt.

One JSON object per line: first the notebook as it was before its first cell, then every beginning and end of a cell
with what it showed, written when it happened. A line that a crash tore in two is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.nbformat4 import Node, to_text

JOURNAL = "journal.jsonl"
METADATA_KEY = "jupyter_flows"

_KEPT = ("execution_count", "metadata", "outputs")


class Journal:
    """Writes down what happens to the cells of one copy.

    A journal that cannot be written (a full disk) stops nothing; ``problem`` then says why.

    Parameters
    ----------
    path
        The executed copy; the journal is kept beside it.
    node
        The copy before its first cell.
    """

    def __init__(self, path: Path, node: Node) -> None:
        self.problem = ""
        self._path = path.parent / JOURNAL
        self._file: IO[bytes] | None = None
        self._attempt(self._open)
        self._write({"name": path.name, "node": node})

    def cell(self, position: int, cell: Node) -> None:
        """Write how a cell stands."""
        self._write({"cell": position, **{key: cell.get(key) for key in _KEPT}})

    def metadata(self, position: int, cell: Node) -> None:
        """Write a cell's state only."""
        self._write({"cell": position, "metadata": cell["metadata"]})

    def notebook(self, metadata: Node) -> None:
        """Write the notebook's own metadata."""
        self._write({"metadata": metadata})

    def close(self, *, remove: bool) -> None:
        """Give the file back; it is of no use once the copy itself is complete."""
        if self._file is not None:
            self._attempt(self._file.close)
            self._file = None
        if remove:
            with suppress(OSError):
                self._path.unlink()

    def _open(self) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "wb", buffering=0)  # what is written outlives this process at once

    def _write(self, entry: Mapping[str, Any]) -> None:
        if self._file is not None and not self.problem:
            line = json.dumps(entry).encode() + b"\n"  # with escapes, so that lone surrogates pass too
            self._attempt(lambda: self._write_all(memoryview(line)))

    def _write_all(self, data: memoryview) -> None:
        assert self._file is not None
        while data:
            data = data[self._file.write(data) :]

    def _attempt(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            self.problem = error.strerror or str(error)


def rebuild(run_directory: Path) -> Path | None:
    """Bring the executed copy of a run whose process was killed up to what its journal knows, and remove the journal.

    To be called when nobody executes the notebook any more. A cell that was running is marked as Crashed, with what the
    last save of the copy had of its outputs; those after it as NotRun.

    Parameters
    ----------
    run_directory
        The run's folder.

    Returns
    -------
    Path or None
        The copy; None where there is no journal that could be read.

    Raises
    ------
    OSError
        The copy cannot be written; the journal is kept.
    """
    journal = run_directory / JOURNAL
    lines = _entries(journal)
    head = next(lines, {})
    node, name = head.get("node"), head.get("name")
    if not isinstance(node, dict) or not isinstance(name, str) or name != Path(name).name:
        return None
    path = run_directory / name
    try:
        for entry in lines:
            _apply(node, entry)
        _mark(node, _saved_cells(path))
        text = to_text(node)
    except (LookupError, TypeError, AttributeError):  # what a notebook runs may have written into the folder
        return None
    replace_text(path, text)
    journal.unlink()
    return path


def _entries(journal: Path) -> Iterator[dict[str, Any]]:
    try:
        with journal.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    entry = json.loads(line)
                    if isinstance(entry, dict):
                        yield entry
    except (OSError, ValueError):
        return


def _apply(node: Node, entry: Mapping[str, Any]) -> None:
    if "cell" in entry:
        node["cells"][entry["cell"]] |= {key: entry[key] for key in _KEPT if key in entry}
    elif "metadata" in entry:
        node["metadata"] = entry["metadata"]


def _saved_cells(path: Path) -> list[Node]:
    from jupyter_flows.notebooks.nbformat4 import to_node

    try:
        return to_node(json.loads(path.read_bytes()))["cells"]
    except (OSError, ValueError):
        return []


def _mark(node: Node, saved: list[Node]) -> None:
    for position, cell in enumerate(node["cells"]):
        account = cell["metadata"].get(METADATA_KEY, {})
        if account.get("state") == "Running":
            if position < len(saved):
                cell["outputs"] = saved[position].get("outputs") or cell["outputs"]
            account |= {"state": "Crashed", "message": "the process that executed it ended before it did"}
            cell["metadata"]["papermill"] |= {"status": "failed", "exception": True}
            node["metadata"]["papermill"]["exception"] = True
        elif account.get("state") == "Pending":
            account["state"] = "NotRun"
