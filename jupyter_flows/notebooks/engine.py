"""Our engine for papermill, registered in this process only. Importing this module imports papermill."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from jupyter_flows.notebooks.cell_run import CellRun
from jupyter_flows.notebooks.kernel_client import KernelClient, KernelStart
from jupyter_flows.notebooks.loop import run_in_own_loop

ENGINE = "jupyter-flows-in-process"


def run_through_papermill(run: CellRun, start: KernelStart) -> None:
    """Execute the cells of ``run``'s copy in a fresh kernel.

    Raises
    ------
    CellFailed, KernelDied, RunTimedOut, KeyboardInterrupt
        As `execution.execute` says; the kernel is stopped by then.
    """
    papermill_engines.register(ENGINE, _Engine)
    papermill_engines.execute_notebook_with_engine(ENGINE, run.copy.node, start.kernel_name, run=run, start=start)


class _Engine(NBClientEngine):
    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, **options: Any) -> NotebookNode:  # pyright: ignore[reportIncompatibleMethodOverride]
        account = _Account(nb, options["run"])
        account.notebook_start()
        try:
            return cls.execute_managed_notebook(account, kernel_name, **options)
        finally:
            account.notebook_complete()

    @classmethod
    def execute_managed_notebook(cls, nb_man: _Account, kernel_name: str, **options: Any) -> NotebookNode:  # pyright: ignore[reportIncompatibleMethodOverride]
        client = KernelClient(nb_man, options["run"], options["start"])
        try:
            run_in_own_loop(client.execute_all)
        finally:
            client.kill_what_is_left()
        return nb_man.nb


class _Account(NotebookExecutionManager):
    """papermill's own account of times and statuses, with two corrections."""

    def __init__(self, nb: NotebookNode, run: CellRun) -> None:
        super().__init__(nb, progress_bar=False)
        self._copy = run.copy

    def save(self, **_: Any) -> None:
        # papermill rewrites the file twice per cell, in place: quadratic, and torn by a full disk.
        self._copy.save_when_due()

    def autosave_cell(self) -> None:
        self._copy.save_when_due()

    def notebook_complete(self, **_: Any) -> None:
        # papermill would mark cells that never ran as completed: they stay pending.
        account = self.nb.metadata.papermill
        end = self.now()
        account["end_time"] = end.isoformat()
        account["duration"] = (end - (self.start_time or end)).total_seconds()
