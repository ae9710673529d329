"""Executing a notebook: one fresh kernel, every cell in order, an executed copy that is true whatever happens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_flows.errors import NotebookError
from jupyter_flows.notebooks.cell_run import CellRun
from jupyter_flows.notebooks.document import Document
from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.kernels import check_kernel, kernel_language
from jupyter_flows.notebooks.observer import CellObserver

if TYPE_CHECKING:
    from jupyter_flows.notebooks.executed import ExecutedCopy

KERNEL_LOG = "kernel.log"


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
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    states: Mapping[int, str] = field(default_factory=dict)
    ended_early_at: int | None = None


def executed_path(document: Document, run_directory: Path) -> Path:
    """Where the executed copy of a document is written."""
    return run_directory / document.path.name


def execute(
    document: Document,
    parameters: Mapping[str, JsonValue],
    run_directory: Path,
    observer: CellObserver,
    *,
    kernel_name: str | None = None,
    cell_timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> ExecutionResult:
    """Execute a notebook in a fresh kernel and keep the executed copy in the run's folder.

    The kernel's working directory is the notebook's own folder. Neither this process's folder nor its environment is
    changed, and the source is never written to. However this ends, the kernel is stopped and the executed copy is a
    valid notebook, complete up to the last cell, with the state of each cell under ``metadata.jupyter_flows.state``.

    Parameters
    ----------
    document
        From `load_notebook`.
    parameters
        From `check_parameters`.
    run_directory
        Made if missing. The kernel's own messages, if any, are kept in `kernel.log` there.
    observer
        Told about each executed cell.
    kernel_name
        An installed kernel to use instead of the document's.
    cell_timeout
        Seconds that one cell may take; None for no limit.
    environment
        Variables for the kernel, added to this process's.

    Raises
    ------
    CellFailed
        A cell raised, or left with an exit status other than 0. A cell tagged `raises-exception` may raise.
    KernelDied
        The kernel ended by itself, or did not start.
    RunTimedOut
        A cell passed ``cell_timeout``; the message names it.
    KernelNotFound
        ``kernel_name`` is not installed; nothing was written.
    NotebookError
        The executed copy would be the source, or cannot be written.
    KeyboardInterrupt, SystemExit
        As they reach this thread, after the kernel was stopped.
    """
    kernel = check_kernel(kernel_name) if kernel_name else document.kernel_name
    language = kernel_language(kernel)
    target = _target(document, run_directory)

    from jupyter_flows.notebooks.engine import run_through_papermill
    from jupyter_flows.notebooks.executed import ExecutedCopy
    from jupyter_flows.notebooks.kernel_client import KernelStart

    copy = ExecutedCopy(document, parameters, kernel, language, target)
    start = KernelStart(kernel, document.path.parent, {**os.environ, **(environment or {})}, run_directory / KERNEL_LOG)
    run = CellRun(copy, observer, document, cell_timeout)
    try:
        copy.save()
        run_through_papermill(run, start)
    except BaseException as error:
        _finish_after(copy, error)
        raise
    copy.finish()
    return ExecutionResult(target, run.values, copy.states(), run.ended_early_at)


def _target(document: Document, run_directory: Path) -> Path:
    run_directory.mkdir(parents=True, exist_ok=True)
    target = executed_path(document, run_directory)
    if target.exists() and target.samefile(document.path):
        raise NotebookError(f"{target} is the notebook itself, which is never written to; choose another run folder")
    return target


def _finish_after(copy: ExecutedCopy, error: BaseException) -> None:
    try:
        copy.finish()
    except NotebookError as second:
        error.add_note(str(second))
