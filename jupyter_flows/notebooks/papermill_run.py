"""A run that papermill asks for: its own book-keeping around our executor. Importing this imports papermill."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from nbformat import NotebookNode
from nbformat.notebooknode import from_dict
from papermill.engines import NotebookExecutionManager

from jupyter_flows.errors import KernelDied, RunCancelled, RunTimedOut
from jupyter_flows.notebooks.cell_end import CellEnd, Completed, Died, PassedLimit, Raised, Stopped
from jupyter_flows.notebooks.document import is_executed
from jupyter_flows.notebooks.executor import CellExecutor
from jupyter_flows.notebooks.imported_names import imported_names, used_names
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernel.ports import START_SECONDS
from jupyter_flows.notebooks.kernel.sources import kernel_source
from jupyter_flows.notebooks.loop import background_loop
from jupyter_flows.notebooks.outputs import NotebookOutputs

_logger = logging.getLogger("papermill")
_SAVE_EVERY_SECONDS = 2.0
_runs = itertools.count()  # papermill's command runs one notebook and ends; who calls its API again may do so often


def run_for_papermill(
    nb: NotebookNode,
    kernel_name: str,
    *,
    output_path: str | None = None,
    progress_bar: Any = True,
    log_output: bool = False,
    autosave_cell_every: int = 30,
    start_timeout: float = START_SECONDS,
    execution_timeout: float | None = None,
    stdout_file: IO[str] | None = None,
    stderr_file: IO[str] | None = None,
    timeout: float | None = None,
    **_others: Any,
) -> NotebookNode:
    """Execute a notebook as papermill's own engine does, with the same outputs and metadata.

    Parameters
    ----------
    nb
        Parameterised; filled in place.
    kernel_name
        An installed kernel.
    execution_timeout, timeout
        Seconds for each cell; the first counts.

    Raises
    ------
    KernelNotFound, KernelDied, RunTimedOut
    """
    book = _Book(nb, output_path, log_output, progress_bar, autosave_cell_every)
    account = _Account(book, {"stdout": stdout_file, "stderr": stderr_file})
    book.notebook_start()
    try:
        background_loop().run(_execute(account, kernel_name, start_timeout, execution_timeout or timeout))
    finally:
        book.cleanup_pbar()
        book.notebook_complete()
    return nb


async def _execute(account: _Account, kernel_name: str, start_timeout: float, cell_timeout: float | None) -> None:
    cells = account.cells
    sources = [cell["source"] for cell in cells]
    names = imported_names(sources), used_names(sources)
    with TemporaryDirectory(prefix="jf-") as folder:
        start = KernelStart(kernel_name, Path.cwd(), dict(os.environ), Path(folder) / "kernel.log", *names)
        kernel = await kernel_source(more_to_come=next(_runs) > 0).start(start)
        grace = 0.0
        try:
            await kernel.ready(start_timeout)
            executor = CellExecutor(kernel, cells, account.outputs, account, cell_timeout=cell_timeout)
            await executor.run([position for position, cell in enumerate(cells) if is_executed(cell)])
            account.close(executor.widgets.metadata(), dict(kernel.language_info))
            grace = 5.0
        finally:
            await kernel.stop(grace=grace)


class _Book(NotebookExecutionManager):
    """papermill's own book, true to what ran, and not rewritten twice for each cell."""

    def __init__(
        self, nb: NotebookNode, output_path: str | None, log_output: bool, progress_bar: Any, autosave: int
    ) -> None:
        super().__init__(nb, output_path, log_output, progress_bar, autosave)
        self._next_save = 0.0

    def save(self, **_: Any) -> None:
        if time.monotonic() >= self._next_save:
            super().save()
            self._next_save = time.monotonic() + _SAVE_EVERY_SECONDS

    def notebook_complete(self, **_: Any) -> None:
        # papermill would mark cells that never ran as completed: they stay pending.
        account, self.end_time = self.nb.metadata.papermill, self.now()
        account["end_time"] = self.end_time.isoformat()
        account["duration"] = (self.end_time - (self.start_time or self.end_time)).total_seconds()
        self._next_save = 0.0
        self.save()


class _Account:
    """See `CellAccount`. The cells are plain dicts beside papermill's nodes."""

    def __init__(self, book: _Book, streams: Mapping[str, IO[str] | None]) -> None:
        self._book, self._streams = book, streams
        self.cells = [{**cell, "outputs": []} if cell.cell_type == "code" else dict(cell) for cell in book.nb.cells]
        self.outputs = NotebookOutputs(self.cells)
        self._done = 0  # cells before this position have been passed

    def started(self, position: int) -> None:
        self._pass_by(position)
        self._book.cell_start(self._book.nb.cells[position], position)

    def said(self, position: int, kind: str, content: Mapping[str, Any]) -> None:
        del position
        text = content.get("text") if kind == "stream" else (content.get("data") or {}).get("text/plain")
        if not isinstance(text, str):
            return
        name = str(content.get("name", "")) if kind == "stream" else ""
        if self._book.log_output:
            _logger.log(logging.WARNING if name == "stderr" else logging.INFO, text)
        file = self._streams.get(name)
        if file is not None:
            file.write(text)
            file.flush()

    def changed(self, position: int) -> None:
        if position < self._done:
            self._hand_over(position)

    def ended(self, position: int, end: CellEnd) -> bool:
        self._hand_over(position)
        cell = self._book.nb.cells[position]
        if not isinstance(end, Completed):
            self._book.cell_exception(cell, position)
        self._book.cell_complete(cell, position)
        self._done = position + 1
        match end:
            case Completed(exited=exited):
                return not exited
            case Raised():
                return False  # papermill looks at the outputs and raises what belongs
            case PassedLimit(limit=limit):
                raise RunTimedOut(f"cell {position + 1} passed its time limit of {limit:g} s")
            case Died(why=why):
                raise KernelDied(position + 1, why)
            case Stopped(reason=reason):
                raise RunCancelled(reason.message or f"stopped in cell {position + 1}")

    def broke(self, position: int, error: BaseException) -> None:
        del error
        self._hand_over(position)

    def pause(self) -> float | None:
        self._book.autosave_cell()
        return None

    def close(self, widgets: Mapping[str, Any] | None, language_info: Mapping[str, Any]) -> None:
        """All cells that were to run have run, or one has ended the notebook."""
        failed = any(cell.metadata.papermill.get("exception") for cell in self._book.nb.cells)
        if not failed:
            self._pass_by(len(self.cells))
        self._book.nb.metadata["language_info"] = from_dict(dict(language_info))
        if widgets is not None:
            self._book.nb.metadata["widgets"] = from_dict(dict(widgets))

    def _pass_by(self, position: int) -> None:
        for before in range(self._done, position):
            self._book.cell_start(self._book.nb.cells[before], before)
            self._book.cell_complete(self._book.nb.cells[before], before)
        self._done = position

    def _hand_over(self, position: int) -> None:
        node, cell = self._book.nb.cells[position], self.cells[position]
        node["outputs"] = from_dict(cell["outputs"])
        node["execution_count"] = cell.get("execution_count")
