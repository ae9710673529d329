"""Task cells of a notebook that is executed headless, as its kernel knows them: for `%flow` in later cells.

Whoever executes the notebook runs each as an attempt of a task run of its own; here is only noted what they are and how
they ended. One after the other, a cell is noted when it runs; in parallel, all of them before the first one begins.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.cells.header import TaskCell, header_of
from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.engine.attempt import raised
from jupyter_flows.magics.cell_task import known_cell, make_task
from jupyter_flows.magics.freshness import digests_of
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.request import Request
from jupyter_flows.model.states import completed

if TYPE_CHECKING:
    from jupyter_flows.magics.workbench import Workbench


class ExecutedCells:
    """Notes the cells of a headless run.

    Parameters
    ----------
    bench
        The notebook at work.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._present: KnownCell | None = None

    def know(self, cells: Iterable[Mapping[str, Any]]) -> None:
        """Take in all cells of the notebook in their order, before any of them runs.

        Parameters
        ----------
        cells
            Each with its ``id``, its ``text`` and, of a task, its ``line``: the fields of a `TaskLine`.
        """
        for told in cells:
            request = Request(cell_id=told["id"])
            if told["line"] is None:
                self._bench.notebook.see_plain(told["text"], request)
            else:
                fields: dict[str, Any] = told["line"]
                line = {name: tuple(field) if isinstance(field, list) else field for name, field in fields.items()}
                self._note(told["text"], TaskLine(**cast("Any", line)), request)

    def began(self, cell_id: str) -> None:
        """An attempt of a cell that is known begins."""
        cell = next((cell for cell in self._bench.notebook.tasks if cell.id == cell_id), None)
        if cell is not None:
            self._begin(cell)

    def ended(self, cell_id: str, error: BaseException | None) -> None:
        """It has ended."""
        cell = next((cell for cell in self._bench.notebook.tasks if cell.id == cell_id), None)
        if cell is not None:
            self._end(cell, error)

    def enter(self, text: str, line: TaskLine, request: Request) -> None:
        """A task cell is about to run in the kernel's own thread."""
        self._present = self._note(text, line, request)
        self._begin(self._present)

    def leave(self, error: BaseException | None) -> None:
        """The cell that ran in the kernel's own thread has ended; nothing happens where it was no task."""
        cell, self._present = self._present, None
        if cell is not None:
            self._end(cell, error)

    def _note(self, text: str, line: TaskLine, request: Request) -> KnownCell:
        bench, header = self._bench, header_of(text)
        body = TaskCell(line, text) if header is None else TaskCell(line, header.body, header.lines_before)
        cell = known_cell(text, body, request, bench.notebook)
        cell.count = bench.shell.execution_count
        make_task(bench.shell, cell, bench.performer.attempt, cell.count, bench.kept_options(cell))
        bench.notebook.put(cell)
        return cell

    def _begin(self, cell: KnownCell) -> None:
        self._bench.expect(cell)
        cell.started_at = time.time()
        cell.before = digests_of(cell, self._bench.namespace, self._bench.performer.marks)

    def _end(self, cell: KnownCell, error: BaseException | None) -> None:
        if error is None:
            self._bench.performer.gave(cell)
            self._bench.ended(cell, completed(time.time()))
        else:
            self._bench.ended(cell, raised(error, time.time()).state)


__all__ = ["ExecutedCells"]
