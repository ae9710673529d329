"""Executing a notebook: one fresh kernel, every cell in order, an executed copy that is true whatever happens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jupyter_flows.errors import NotebookError, RunCancelled, RunTimedOut
from jupyter_flows.notebooks.cell_attempts import CellAttempts
from jupyter_flows.notebooks.cell_run import CellRun
from jupyter_flows.notebooks.document import Document
from jupyter_flows.notebooks.executed import ExecutedCopy
from jupyter_flows.notebooks.executor import CellExecutor
from jupyter_flows.notebooks.imported_names import imported_names, used_names
from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernel.ports import RunningKernel
from jupyter_flows.notebooks.kernel.sources import kernel_source
from jupyter_flows.notebooks.kernels import check_kernel, kernel_language
from jupyter_flows.notebooks.loop import background_loop
from jupyter_flows.notebooks.observer import CellObserver
from jupyter_flows.notebooks.outputs import OutputLimits
from jupyter_flows.notebooks.published import Published
from jupyter_flows.notebooks.stop_watch import StopWatch
from jupyter_flows.notebooks.stopping import StopHandle, StopReason
from jupyter_flows.notebooks.task_cells import TaskCells

KERNEL_LOG = "kernel.log"

Engine = Literal["jupyter-flows", "papermill"]


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """A notebook that ended well.

    Parameters
    ----------
    path
        The executed copy.
    values
        What the notebook published.
    states
        Position of each code cell in the source, from 0, to its state's name (Completed, Skipped, NotRun).
    ended_early_at
        Number, from 1, of the cell that ended the notebook by ``sys.exit(0)`` or ``exit()``; None otherwise.
    """

    path: Path
    values: Mapping[str, Published] = field(default_factory=dict)
    states: Mapping[int, str] = field(default_factory=dict)
    ended_early_at: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutionOptions:
    """How a notebook is executed.

    Parameters
    ----------
    kernel_name
        An installed kernel to use instead of the document's.
    cell_timeout, timeout
        Seconds that one cell, and the whole notebook, may take; None for no limit.
    environment
        Variables for the kernel, added to this process's.
    limits
        How much of its outputs the executed copy keeps; None for all.
    stop
        Ends it from outside.
    more_to_come
        Whether this process will execute more notebooks, whose kernels are then made ready ahead.
    engine
        ``jupyter-flows``, or ``papermill`` for stock papermill in a process of its own, which has no journal, no limits
        and no progress.
    tasks
        Knows which cells are tasks; None where none is.
    parallel
        Whether cells run at once that do not depend on each other, as ``tasks`` says.
    """

    kernel_name: str | None = None
    cell_timeout: float | None = None
    timeout: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: OutputLimits | None = field(default_factory=OutputLimits)
    stop: StopHandle = field(default_factory=StopHandle)
    more_to_come: bool = True
    engine: Engine = "jupyter-flows"
    tasks: TaskCells | None = None
    parallel: bool = False


def executed_path(document: Document, run_directory: Path) -> Path:
    """Where the executed copy of a document is written."""
    return run_directory / document.path.name


def execute(
    document: Document,
    parameters: Mapping[str, JsonValue],
    run_directory: Path,
    observer: CellObserver,
    options: ExecutionOptions | None = None,
) -> ExecutionResult:
    """Execute a notebook in a fresh kernel and keep the executed copy in the run's folder.

    The kernel's working directory is the notebook's own folder. Neither this process's folder nor its environment is
    changed, and the source is never written to. However this ends, the kernel is stopped and the executed copy is a
    valid notebook, complete up to the last cell, with the state of each cell under ``metadata.jupyter_flows.state``.
    Any thread may call this, any number of times at once, also one in which an event loop runs.

    Parameters
    ----------
    document
        From `load_notebook`.
    parameters
        From `check_parameters`.
    run_directory
        Made if missing. The kernel's own messages, if any, are kept in `kernel.log` there, and what outputs are too
        long for the copy in `outputs`.
    observer
        Told about each executed cell.
    options
        How.

    Raises
    ------
    CellFailed
        A cell raised, or left with an exit status other than 0. A cell tagged `raises-exception` may raise.
    KernelDied
        The kernel ended by itself, or did not start.
    RunTimedOut
        A cell or the whole passed its limit; the message names it.
    RunCancelled
        ``options.stop`` was asked to end it.
    KernelNotFound
        ``options.kernel_name`` is not installed; nothing was written.
    NotebookError
        The executed copy would be the source, or cannot be written.
    KeyboardInterrupt, SystemExit
        As they reach this thread, after the kernel was stopped.
    """
    options = options or ExecutionOptions()
    if options.engine == "papermill":
        return _execute_with_papermill(document, parameters, run_directory, observer, options)
    return background_loop().run(_Execution(document, parameters, run_directory, observer, options).run())


async def execute_async(
    document: Document,
    parameters: Mapping[str, JsonValue],
    run_directory: Path,
    observer: CellObserver,
    options: ExecutionOptions | None = None,
) -> ExecutionResult:
    """Do the same as `execute`, in the running event loop; any number at once."""
    options = options or ExecutionOptions()
    if options.engine == "papermill":
        arguments = (document, parameters, run_directory, observer, options)
        return await asyncio.to_thread(_execute_with_papermill, *arguments)
    return await _Execution(document, parameters, run_directory, observer, options).run()


def _execute_with_papermill(
    document: Document,
    parameters: Mapping[str, JsonValue],
    run_directory: Path,
    observer: CellObserver,
    options: ExecutionOptions,
) -> ExecutionResult:
    from jupyter_flows.notebooks.stock_papermill import StockRun

    kernel_name = check_kernel(options.kernel_name) if options.kernel_name else document.kernel_name
    target = _target(document, run_directory)
    run = StockRun(
        document,
        parameters,
        target,
        observer,
        environment={**os.environ, **options.environment},
        cell_timeout=options.cell_timeout,
        timeout=options.timeout,
        stop=options.stop,
    )
    run.run(kernel_name)
    return ExecutionResult(target, run.values, run.states)


class _Execution:
    def __init__(
        self,
        document: Document,
        parameters: Mapping[str, JsonValue],
        run_directory: Path,
        observer: CellObserver,
        options: ExecutionOptions,
    ) -> None:
        self._document, self._options, self._log = document, options, run_directory / KERNEL_LOG
        self._kernel_name, language = document.kernel_name, document.language
        if options.kernel_name:
            self._kernel_name = check_kernel(options.kernel_name)
            language = kernel_language(self._kernel_name)
        target = _target(document, run_directory)
        self._copy = ExecutedCopy(document, parameters, self._kernel_name, language, target, options.limits)
        self._account = CellRun(self._copy, observer)

    async def run(self) -> ExecutionResult:
        """Execute all. The kernel may still be ending when this returns."""
        copy, account = self._copy, self._account
        copy.open()
        try:
            kernel = await kernel_source(more_to_come=self._options.more_to_come).start(self._start())
            try:
                await self._execute(kernel)
            except BaseException:
                await kernel.stop(grace=0.0)
                raise
            kernel.dismiss()
        except BaseException as error:
            _finish_after(copy, error)
            raise
        self._remove_empty_log()
        copy.finish(complete=account.ended_early_at is None)
        return ExecutionResult(copy.path, account.values, copy.states(), account.ended_early_at)

    async def _execute(self, kernel: RunningKernel) -> None:
        options, limit = self._options, None
        if options.timeout is not None:
            reason = StopReason("TimedOut", f"the notebook passed its time limit of {options.timeout:g} s")
            limit = asyncio.get_running_loop().call_later(options.timeout, options.stop.stop, reason)
        try:
            await self._until_ready(kernel)
            self._copy.note(language_info=dict(kernel.language_info))
            await self._execute_cells(kernel)
        finally:
            if limit is not None:
                limit.cancel()

    async def _until_ready(self, kernel: RunningKernel) -> None:
        with StopWatch(self._options.stop) as watch:
            try:
                async with watch.limit(None):
                    await kernel.ready()
            except TimeoutError:
                self._raise_if_stopped()
                raise

    async def _execute_cells(self, kernel: RunningKernel) -> None:
        copy, executor = self._copy, self._executor(kernel)
        try:
            await executor.run(copy.executed_positions())
            if self._account.ended_early_at is None:
                self._raise_if_stopped()
        finally:
            widgets = executor.widgets.metadata()
            if widgets is not None:
                copy.note(widgets=widgets)

    def _executor(self, kernel: RunningKernel) -> CellExecutor:
        options, tasks, copy = self._options, self._options.tasks, self._copy
        common: dict[str, Any] = {"cell_timeout": options.cell_timeout, "stop": options.stop}
        if tasks is None:
            return CellExecutor(kernel, copy.cells, copy.outputs, self._account, **common)
        attempts = CellAttempts(self._account, tasks)
        if not options.parallel:
            return CellExecutor(kernel, copy.cells, copy.outputs, self._account, attempts=attempts, **common)
        from jupyter_flows.notebooks.parallel import ParallelExecutor  # few runs need it

        common |= {"attempts": attempts, "preparation": tasks.preparation()}
        return ParallelExecutor(kernel, copy.cells, copy.outputs, self._account, **common)

    def _remove_empty_log(self) -> None:
        with suppress(OSError):
            if not self._log.stat().st_size:
                self._log.unlink()

    def _raise_if_stopped(self) -> None:
        """Raise, where the end was asked for while no cell ran."""
        reason = self._options.stop.reason
        if reason is not None and "Pending" in self._copy.states().values():
            message = reason.message or "stopped before its next cell"
            raise RunTimedOut(message) if reason.state == "TimedOut" else RunCancelled(message)

    def _start(self) -> KernelStart:
        environment = {**os.environ, **self._options.environment}
        sources = [cell["source"] for cell in self._copy.cells if cell["cell_type"] == "code"]
        folder, names = self._document.path.parent, (imported_names(sources), used_names(sources))
        return KernelStart(self._kernel_name, folder, environment, self._log, *names)


def _target(document: Document, run_directory: Path) -> Path:
    run_directory.mkdir(parents=True, exist_ok=True)
    target = executed_path(document, run_directory)
    if target.exists() and target.samefile(document.path):
        raise NotebookError(f"{target} is the notebook itself, which is never written to; choose another run folder")
    return target


def _finish_after(copy: ExecutedCopy, error: BaseException) -> None:
    try:
        copy.finish(complete=False)
    except NotebookError as second:
        error.add_note(str(second))
