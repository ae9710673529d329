"""One kernel's notebook at work: takes task cells in, runs them, and notes how each ended."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.authoring.runs import close_detached, open_detached, open_flow_run
from jupyter_flows.authoring.task import Task
from jupyter_flows.cells.header import TaskCell, header_of, task_cell
from jupyter_flows.cells.said_names import check_after, check_outputs
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.staleness import LastRun
from jupyter_flows.cells.task_line import TaskLine, parse_task_line
from jupyter_flows.drivers.calls import UserCode
from jupyter_flows.drivers.context import FRAME, Frame
from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.processes import ProcessPoolTaskRunner
from jupyter_flows.drivers.threads import run_in_caller
from jupyter_flows.magics.background import Background, Behind
from jupyter_flows.magics.cell_program import as_written_by_author, cached, compile_cell
from jupyter_flows.magics.cell_task import (
    check_definitions,
    define_tasks,
    inputs_of,
    known_cell,
    make_remote_task,
    make_task,
)
from jupyter_flows.magics.executed_cells import ExecutedCells
from jupyter_flows.magics.freshness import digests_of, needed_by, outputs_of
from jupyter_flows.magics.kept import Kept, cache_key
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.magics.performing import CellPerformer
from jupyter_flows.magics.request import Request, current_request
from jupyter_flows.magics.stage import Theatre
from jupyter_flows.magics.user_traceback import UserErrors
from jupyter_flows.model.states import State, cancelled
from jupyter_flows.notebooks.told_attempt import THREAD_KEY, attempt_of
from jupyter_flows.wiring import parent_run_of_process

if TYPE_CHECKING:
    from jupyter_flows.drivers.calls import Call


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
        self.performer = CellPerformer(self.theatre, lambda: self.namespace)
        self.background = Background(self.errors.mark)
        self.executed = ExecutedCells(self)

    @property
    def namespace(self) -> dict[str, Any]:
        """The names of the notebook."""
        return self.shell.user_ns

    # -- cells -----------------------------------------------------------------------------------------------------

    def see(self, info: Any) -> None:
        """Note a cell before it runs; IPython calls this. A task cell is noted by its magic."""
        if not info.silent:
            self.see_cell(info.raw_cell, current_request(self.shell))

    def see_cell(self, raw: str, request: Request) -> None:
        """Note a cell as its request has it."""
        if THREAD_KEY in request.metadata:
            return  # it begins an attempt, and is not the cell's code
        self.notebook.forget(request.deleted)
        if header_of(raw) is not None or request.is_tagged:
            return
        attempt = attempt_of(request.parent) if parent_run_of_process() is not None else None
        if attempt is None:
            self.notebook.see_plain(raw, request)
            return
        text = as_written_by_author(raw) or raw
        written = task_cell(text) or TaskCell(TaskLine(), text)
        self.executed.enter(text, replace(written.line, name=attempt.name), request)

    def saw(self, result: Any) -> None:
        """Note how a task cell of a headless run ended; IPython calls this after each cell."""
        self.executed.leave(result.error_before_exec or result.error_in_exec)

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
            self._check_names(cell)
            make_task(self.shell, cell, self.performer.attempt, number, self.kept_options(cell))
            self._say_replaced(self.notebook.put(cell), cell)
            self._say_not_after(cell)
        return cell

    def _check_names(self, cell: KnownCell) -> None:
        """Refuse names of nothing before the cell has a place in the notebook."""
        others = [each for each in self.notebook if each.id != cell.id]
        written = cell.as_cell(0)
        check_after(written, [each.name for each in others if each.is_task])
        check_outputs(written, (each.as_cell(0) for each in others))

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

    def _say_not_after(self, cell: KnownCell) -> None:
        for bad in self.notebook.graph.bad_afters if cell.line is not None and cell.line.after else ():
            if bad.reader.cell == cell.id:
                advice = f"`%flow forget {cell.name}`, then run this cell again, to have it come after"
                print(f"--after {bad.task} counts for nothing: {bad.why}; {advice}", file=sys.stderr)

    # -- running ---------------------------------------------------------------------------------------------------

    def define(self, cell: KnownCell) -> None:
        """Run a cell that only defines functions, and make them tasks; none of them runs."""
        assert cell.program is not None
        check_definitions(cell)
        cell.program.run(self.namespace, sys.displayhook)
        define_tasks(cell, self.namespace)
        self.notebook.put(cell)

    def run_now(self, cell: KnownCell) -> None:
        """Run a cell's task now, outside any flow, and wait for it; raise its error as the user's own."""
        __tracebackhide__ = True
        self._await_names(cell)
        self.expect(cell)
        try:
            state = self._run_in_process(cell) if cell.isolation == "process" else self._run_plainly(cell)
        except BaseException as error:
            self.interrupted(cell, error)
            raise
        self._answer(cell, state)

    def _run_plainly(self, cell: KnownCell) -> State:
        return cell.task(*inputs_of(cell, self.namespace), return_state=True)  # type: ignore[misc]

    def _run_in_process(self, cell: KnownCell) -> State:
        task, runner = self.task_for(cell), ProcessPoolTaskRunner(1)
        futures: list[TaskFuture[Any]] = []

        def submit() -> State:
            futures.append(task.submit(*inputs_of(cell, self.namespace)))
            return futures[0].wait().state  # the run ends as its only task does

        run, opening = open_flow_run(task.lone_spec(), UserCode(submit, task), runner)
        try:
            with Terminable():
                run_in_caller(cast("Call", run.call), opening)
            return futures[0].state
        finally:
            runner.close()

    async def run_here(self, cell: KnownCell) -> None:
        """Run the task of a cell that awaits, on the kernel's own loop."""
        __tracebackhide__ = True
        self._await_names(cell)
        self.expect(cell)
        try:
            state = await cell.task(*inputs_of(cell, self.namespace), return_state=True)  # type: ignore[misc]
        except BaseException as error:
            self.interrupted(cell, error)
            raise
        self._answer(cell, state)

    def run_behind(self, cell: KnownCell) -> None:
        """Start a cell's task and return at once; its outputs go below its own cell as they come."""
        self.expect(cell, away=True)
        reads, binds = needed_by(cell), outputs_of(cell)
        waits = self.background.ends_for(cell.id, reads, binds)
        self.background.forget(cell.id)
        task = self.task_for(cell)
        with self.theatre.on(self.performer.stage(cell)):
            if cell.isolation == "process":
                future = self._submit_to_process(task, cell, waits)
            else:
                future = task.submit(*inputs_of(cell, self.namespace), wait_for=waits)
        cell.run_id, cell.number = future._call.run.id, future._call.number
        self.background.add(Behind(cell, future, frozenset(binds), frozenset(reads)))
        future.add_done_callback(lambda done: self._ended_behind(cell, done))

    def _submit_to_process(self, task: Task[..., Any], cell: KnownCell, waits: list[Any]) -> TaskFuture[Any]:
        runner = ProcessPoolTaskRunner(1)
        run = open_detached(task.lone_spec(), task, runner)
        token = FRAME.set(Frame(run, cast("Call", run.call)))
        try:
            future = task.submit(*inputs_of(cell, self.namespace), wait_for=waits)
        finally:
            FRAME.reset(token)
            close_detached(run)
        future.add_done_callback(lambda _: runner.close())
        return future

    def _ended_behind(self, cell: KnownCell, future: TaskFuture[Any]) -> None:
        self.ended(cell, future.state)
        if not future.state.is_completed():
            error = cast("BaseException", future.state.result(raise_on_failure=False))
            self.theatre.tell_error(cell.request.parent, error, self.errors.lines(error))

    def _await_names(self, cell: KnownCell) -> None:
        __tracebackhide__ = True
        self.background.replace(cell.id)
        self.background.wait(needed_by(cell), outputs_of(cell))

    def task_for(self, cell: KnownCell) -> Task[..., Any]:
        """The task to run a cell by, as it is isolated this time."""
        if cell.isolation == "process":
            return make_remote_task(cell, self.kept_options(cell, always=True))
        return cast("Task[..., Any]", cell.task)

    def expect(
        self, cell: KnownCell, *, away: bool = False, forced: bool = True, rerun: bool = False, isolation: str = ""
    ) -> None:
        """Note that a cell's task is about to run; ``isolation`` is for one that has no word of its own."""
        cell.is_away, cell.is_forced, cell.is_rerun = away, forced, rerun
        cell.isolation = (cell.line.isolation if cell.line is not None else "") or isolation or "shared"
        cell.started_at = cell.ended_at = cell.state = cell.before = None

    def ended(self, cell: KnownCell, state: State) -> None:
        """Note how a cell's task ended."""
        cell.state, cell.ended_at = state, time.time()
        if not state.is_completed():
            digests = cell.before or digests_of(cell, self.namespace, self.performer.marks)
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

    def kept_options(self, cell: KnownCell, *, always: bool = False) -> dict[str, Any]:
        """The options by which what a cell gives is kept, and brought back into the notebook."""
        seconds = cell.line.cache_seconds if cell.line is not None else None
        options: dict[str, Any] = {}
        if seconds is not None:
            options["cache_key_fn"] = lambda _context, _inputs: self._key(cell)
            if seconds != float("inf"):
                options["cache_expiration"] = seconds
        if seconds is not None or always:
            options["on_completion"] = lambda _task, _run, state: self._bring_back(cell, state, always=always)
        return options

    def _key(self, cell: KnownCell) -> str:
        self.performer.note_run(cell)
        return cache_key(cell, self.namespace)

    def _bring_back(self, cell: KnownCell, state: State, *, always: bool) -> None:
        if isinstance(state.data, Kept) and (always or state.name == "Cached"):
            self.performer.restore(cell, state.data)
