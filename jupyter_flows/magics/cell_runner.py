"""Where the task cells of one run of the notebook run: in the shell's own thread, in threads, in processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_flows.drivers.calls import Call, Place
from jupyter_flows.drivers.processes import ProcessPoolTaskRunner
from jupyter_flows.drivers.task_runners import ThreadPoolTaskRunner
from jupyter_flows.magics.worker_body import WorkerBody
from jupyter_flows.wiring import current_settings


class CellRunner:
    """Implements `TaskRunner`; a cell in a worker process runs beside others that share the notebook's names.

    Parameters
    ----------
    parallel
        Whether cells run in threads; otherwise each in the thread that submits it.

    Attributes
    ----------
    inline
        Whether the next cell runs in the thread that submits it.
    """

    def __init__(self, *, parallel: bool) -> None:
        self.inline = not parallel
        self._threads = ThreadPoolTaskRunner(current_settings().max_workers)
        self._processes = ProcessPoolTaskRunner()

    def place(self, call: Call) -> Place:
        """Return where a call's attempts are to run."""
        return (self._processes if isinstance(call.code.fn, WorkerBody) else self._threads).place(call)

    def call_soon(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function of the user's."""
        self._threads.call_soon(function, *args)

    def close(self) -> None:
        """Let threads and processes end."""
        self._threads.close()
        self._processes.close()
