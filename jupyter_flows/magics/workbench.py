"""One kernel's notebook at work: takes task cells in, runs them, and notes how each ended."""

from __future__ import annotations

import sys
import time
from typing import Any, cast

from jupyter_flows.cells.header import TaskCell, header_of, task_cell
from jupyter_flows.cells.staleness import Digests, LastRun
from jupyter_flows.cells.task_line import parse_task_line
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.magics.cell_program import compile_cell
from jupyter_flows.magics.cell_task import define_tasks, inputs_of, known_cell, make_task
from jupyter_flows.magics.freshness import Marks, digests_after, digests_of, outputs_of
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.magics.request import current_request
from jupyter_flows.magics.user_traceback import UserErrors
from jupyter_flows.model.states import State, cancelled


class Workbench:
    """What the magics of one shell share.

    Parameters
    ----------
    shell
        IPython's.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.notebook = Notebook()
        self.errors = UserErrors(shell)
        self.marks: Marks = {}

    @property
    def namespace(self) -> dict[str, Any]:
        """The names of the notebook."""
        return self.shell.user_ns

    # -- cells -----------------------------------------------------------------------------------------------------

    def see(self, info: Any) -> None:
        """Note a cell before it runs; IPython calls this. A task cell is noted by its magic."""
        if not info.store_history or info.silent:
            return
        request = current_request(self.shell)
        self.notebook.forget(request.deleted)
        if header_of(info.raw_cell) is None and not request.is_tagged:
            self.notebook.see_plain(info.raw_cell, request)

    def taken_in(self, line: str, body: str) -> KnownCell:
        """Make what the cell that is being run asks for: a task, or several where it only defines functions.

        Raises
        ------
        DefinitionError
            Options that cannot be meant.
        SyntaxError
        """
        text, number = self._written(line, body)
        request = current_request(self.shell)
        written = task_cell(text, request.metadata)
        if written is None or written.body.strip() != body.strip():
            written = TaskCell(parse_task_line(line), body, 1)
        cell = known_cell(text, written, request, self.notebook)
        if cell.names.functions_only:
            cell.program = compile_cell(self.shell, text, cell.source, number)
        else:
            make_task(self.shell, cell, self._attempt, number)
            self._say_replaced(self.notebook.put(cell), cell)
        return cell

    def _written(self, line: str, body: str) -> tuple[str, int]:
        """The present cell as its author wrote it, and its execution count."""
        result = getattr(self.shell.displayhook, "exec_result", None)
        if result is None:
            return f"%%task {line}\n{body}", self.shell.execution_count
        return result.info.raw_cell, result.execution_count or self.shell.execution_count

    def _say_replaced(self, twin: KnownCell | None, cell: KnownCell) -> None:
        if twin is not None:
            print(f"task `{cell.name}` of another cell is replaced by this one's", file=sys.stderr)

    # -- running ---------------------------------------------------------------------------------------------------

    def define(self, cell: KnownCell) -> None:
        """Run a cell that only defines functions, and make them tasks; none of them runs."""
        assert cell.program is not None
        cell.program.run(self.namespace, sys.displayhook)
        define_tasks(cell, self.namespace)
        self.notebook.put(cell)

    def run_now(self, cell: KnownCell) -> None:
        """Run a cell's task in this thread, outside any flow; raise its error as the user's own."""
        __tracebackhide__ = True
        before = self._begin(cell)
        try:
            state = cell.task(*inputs_of(cell, self.namespace), return_state=True)  # type: ignore[misc]
        except BaseException as error:
            self._interrupted(cell, before, error)
            raise
        self._answer(cell, before, state)

    async def run_here(self, cell: KnownCell) -> None:
        """Run the task of a cell that awaits, on the kernel's own loop."""
        __tracebackhide__ = True
        before = self._begin(cell)
        try:
            state = await cell.task(*inputs_of(cell, self.namespace), return_state=True)  # type: ignore[misc]
        except BaseException as error:
            self._interrupted(cell, before, error)
            raise
        self._answer(cell, before, state)

    def _begin(self, cell: KnownCell) -> Digests:
        cell.started_at, cell.ended_at, cell.state = time.time(), None, None
        return digests_of(cell, self.namespace, self.marks)

    def _interrupted(self, cell: KnownCell, before: Digests, error: BaseException) -> None:
        self.ended(cell, before, cancelled(time.time(), "interrupted", error=error))
        self.errors.mark(error)

    def _answer(self, cell: KnownCell, before: Digests, state: State) -> None:
        __tracebackhide__ = True
        self.ended(cell, before, state)
        if not state.is_completed():
            raise self.errors.mark(cast("BaseException", state.result(raise_on_failure=False)))
        if state.name == "Skipped":
            print(f"skipped{': ' + state.message if state.message else ''}", file=sys.stderr)

    def ended(self, cell: KnownCell, before: Digests, state: State) -> None:
        """Note how a cell's task ended, and what it had depended on."""
        cell.state, cell.ended_at = state, time.time()
        for name in outputs_of(cell):
            if name in self.namespace:
                self.marks[name] = (id(self.namespace[name]), cell.run_id)
        digests = digests_after(cell, before, self.namespace, self.marks)
        cell.last = LastRun(digests, state.name, state.is_completed())

    def _attempt(self, cell: KnownCell) -> Any:
        """One attempt of a cell's task; a coroutine of it where the cell awaits."""
        frame = current_frame()
        if frame is not None:
            cell.run_id, cell.number = frame.run.id, frame.call.number
        assert cell.program is not None
        if cell.program.is_async:
            return cell.program.run_async(self.namespace, sys.displayhook)
        return cell.program.run(self.namespace, sys.displayhook)
