"""One kernel's notebook at work: takes task cells in, runs them, and notes how each ended."""

from __future__ import annotations

import sys
import time
from typing import Any, cast

from jupyter_flows.cells.header import TaskCell, header_of, task_cell
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.staleness import LastRun
from jupyter_flows.cells.task_line import parse_task_line
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.magics.cell_program import CellProgram, cached, compile_cell
from jupyter_flows.magics.cell_task import define_tasks, inputs_of, known_cell, make_task
from jupyter_flows.magics.freshness import Marks, digests_after, digests_of, outputs_of
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.magics.request import current_request
from jupyter_flows.magics.stage import Stage, Theatre
from jupyter_flows.magics.user_traceback import UserErrors
from jupyter_flows.model.states import COMPLETED, State, cancelled


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
        self.theatre = Theatre(shell)
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
        text, number, before = self.written("task", line, body)
        request = current_request(self.shell)
        written = task_cell(text, request.metadata) if before == 0 else TaskCell(parse_task_line(line), body, before)
        assert written is not None
        cell = known_cell(text, written, request, self.notebook)
        cell.count = number
        if cell.names.functions_only:
            cell.program = compile_cell(self.shell, text, cell.source, number)
        else:
            make_task(self.shell, cell, self._attempt, number)
            self._say_replaced(self.notebook.put(cell), cell)
        return cell

    def written(self, magic: str, line: str, body: str) -> tuple[str, int, int]:
        """Return the present cell as its author wrote it, its execution count, and the lines before its body.

        A cell with a tag has none; what calls the magic by itself stands for a cell with just that line.
        """
        result = getattr(self.shell.displayhook, "exec_result", None)
        count = self.shell.execution_count if result is None else result.execution_count or self.shell.execution_count
        text = f"%%{magic} {line}\n{body}" if result is None else result.info.raw_cell
        header = header_of(text)
        if header is not None and header.magic == magic:
            return text, count, header.lines_before
        if magic == "task" and current_request(self.shell).is_tagged and text.strip() == body.strip():
            return text, count, 0
        return f"%%{magic} {line}\n{body}", count, 1

    def define_plainly(self, text: str, source: CellSource) -> None:
        """Take in a cell that defined something other than tasks; ``source`` is what it did."""
        request = current_request(self.shell)
        self.notebook.put(KnownCell(request.cell_id or f"text-{text}", text, source, request=request))

    def cached(self, text: str, number: int) -> str:
        """Keep a cell's text for tracebacks; see `cell_program.cached`."""
        return cached(self.shell, text, number)

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
        self.expect(cell, away=False)
        try:
            state = cell.task(*inputs_of(cell, self.namespace), return_state=True)  # type: ignore[misc]
        except BaseException as error:
            self.interrupted(cell, error)
            raise
        self._answer(cell, state)

    async def run_here(self, cell: KnownCell) -> None:
        """Run the task of a cell that awaits, on the kernel's own loop."""
        __tracebackhide__ = True
        self.expect(cell, away=False)
        try:
            state = await cell.task(*inputs_of(cell, self.namespace), return_state=True)  # type: ignore[misc]
        except BaseException as error:
            self.interrupted(cell, error)
            raise
        self._answer(cell, state)

    def expect(self, cell: KnownCell, *, away: bool, forced: bool = True) -> None:
        """Note that a cell's task is about to run."""
        cell.is_away, cell.is_forced = away, forced
        cell.started_at = cell.ended_at = cell.state = cell.before = None

    def ended(self, cell: KnownCell, state: State) -> None:
        """Note how a cell's task ended."""
        cell.state, cell.ended_at = state, time.time()
        if not state.is_completed():
            digests = cell.before or digests_of(cell, self.namespace, self.marks)
            cell.last = LastRun(digests, state.name, is_completed=False)

    def interrupted(self, cell: KnownCell, error: BaseException) -> None:
        """Note that a cell's task ended with an interruption, which goes on its way."""
        self.ended(cell, cancelled(time.time(), "interrupted", error=error))
        self.errors.mark(error)

    def _answer(self, cell: KnownCell, state: State) -> None:
        __tracebackhide__ = True
        self.ended(cell, state)
        if not state.is_completed():
            raise self.errors.mark(cast("BaseException", state.result(raise_on_failure=False)))
        if state.name == "Skipped":
            print(f"skipped{': ' + state.message if state.message else ''}", file=sys.stderr)

    # -- attempts --------------------------------------------------------------------------------------------------

    def _attempt(self, cell: KnownCell) -> Any:
        """One attempt of a cell's task; a coroutine of it where the cell awaits."""
        assert cell.program is not None
        unchanged = self._begin(cell)
        if cell.program.is_async:
            return self._run_async(cell, cell.program, unchanged)
        if unchanged is not None:
            return unchanged
        with self.theatre.on(self._stage(cell)):
            cell.program.run(self.namespace, self.theatre.show)
        return self._gave(cell)

    async def _run_async(self, cell: KnownCell, program: CellProgram, unchanged: State | None) -> Any:
        if unchanged is not None:
            return unchanged
        with self.theatre.on(self._stage(cell)):
            await program.run_async(self.namespace, self.theatre.show)
        return self._gave(cell)

    def _begin(self, cell: KnownCell) -> State | None:
        """Note what a cell depends on; a state where its run before had just that, and it need not run."""
        frame = current_frame()
        if frame is not None:
            cell.run_id, cell.number = frame.run.id, frame.call.number
        cell.before = digests_of(cell, self.namespace, self.marks)
        last = cell.last
        if not cell.is_forced and last is not None and last.is_completed and last.digests == cell.before:
            return State(COMPLETED, "Cached", "fresh after all: what it depends on came out as it was")
        if cell.started_at is None:
            cell.started_at = time.time()
            if cell.is_away and cell.request.keeps_late_messages:
                self.theatre.clear(cell.request.parent)
        return None

    def _stage(self, cell: KnownCell) -> Stage:
        if not cell.is_away:
            return Stage()
        return Stage(cell.request.parent if cell.request.keeps_late_messages else {}, is_away=True, count=cell.count)

    def _gave(self, cell: KnownCell) -> None:
        """Note what a cell gave, and what it then depended on."""
        for name in outputs_of(cell):
            if name in self.namespace:
                self.marks[name] = (id(self.namespace[name]), cell.run_id)
        assert cell.before is not None
        cell.last = LastRun(digests_after(cell, cell.before, self.namespace, self.marks))
