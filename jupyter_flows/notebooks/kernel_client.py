"""Speaking with one fresh kernel: start it, send it each cell, gather what it says, stop it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient

from jupyter_flows.errors import KernelDied
from jupyter_flows.notebooks.cell_run import CellRun
from jupyter_flows.notebooks.document import is_executed
from jupyter_flows.notebooks.terminal_text import last_line, overwritten

# A socket's path must fit 108 bytes (Linux; 104 on macOS) with the port numbers that jupyter_client appends.
_LONGEST_SOCKET_PATH = 90

# How long late outputs of a cell are waited for after its reply. A kernel under a flood of output may drop the sign
# that it is idle, so the wait must end; what is missing then is said in the cell.
_LATE_OUTPUT_SECONDS = 30

_logger = logging.getLogger("jupyter_flows.notebooks.kernel")
_logger.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class KernelStart:
    """How a kernel is started.

    Parameters
    ----------
    kernel_name
        An installed kernel.
    folder
        Its working directory.
    environment
        All of its environment variables.
    log
        The file that gets what the process itself prints, outside of any cell.
    """

    kernel_name: str
    folder: Path
    environment: Mapping[str, str]
    log: Path


class RoomyClient(AsyncKernelClient):
    """Takes output as fast as it comes: a kernel silently drops what nobody has room for."""

    def _context_default(self) -> Any:
        context: Any = super()._context_default()
        context.rcvhwm = 0  # ZeroMQ's bound on messages that wait to be read, for each socket to come: none
        return context


class KernelClient(PapermillNotebookClient):
    """papermill's client with an account that is true, and ends that are named.

    Parameters
    ----------
    account
        papermill's own book of times and statuses.
    run
        Ours.
    start
        How the kernel is started.
    """

    def __init__(self, account: Any, run: CellRun, start: KernelStart) -> None:
        super().__init__(
            account,
            raise_on_iopub_timeout=False,
            iopub_timeout=_LATE_OUTPUT_SECONDS,
            timeout_func=lambda _cell: run.timeout,
            kernel_name=start.kernel_name,
            resources={"metadata": {"path": str(start.folder)}},
            log=_logger,
        )
        self._run, self._start = run, start
        self._position = 0
        self._asked_exit = False
        self._stream: tuple[NotebookNode, list[str]] | None = None
        self._sockets: str | None = None
        self._kernel_log: IO[bytes] | None = None
        self._process: Any = None

    async def execute_all(self) -> None:
        """Start a kernel, execute every cell until one ends the notebook, stop the kernel.

        Raises
        ------
        CellFailed, KernelDied, RunTimedOut
        """
        try:
            await self._start_kernel()
            for position, cell in enumerate(self.nb.cells):
                if not await self._execute_one(position, cell):
                    break
            self.set_widgets_metadata()
        except BaseException:
            self.shutdown_kernel = "immediate"
            raise
        finally:
            await self._stop_kernel()

    def kill_what_is_left(self) -> None:
        """Kill a kernel that a second interrupt has saved from being stopped."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._give_back()

    # --- one cell ---------------------------------------------------------------------------------------------

    async def _execute_one(self, position: int, cell: NotebookNode) -> bool:
        """Execute a cell; return whether the notebook goes on."""
        self._position = position
        self.nb_man.cell_start(cell, position)
        try:
            return await self._outcome(position, cell) if is_executed(cell) else True
        except BaseException:
            self.nb_man.cell_exception(cell, position)
            raise
        finally:
            self._settle_stream()
            self.nb_man.cell_complete(cell, position)

    async def _outcome(self, position: int, cell: NotebookNode) -> bool:
        self._run.started(position)
        self.nb_man.save()
        try:
            await self.async_execute_cell(cell, position)
        except CellExecutionError as error:
            failure = self._run.raised(position, error.ename, error.evalue, error.traceback)
            if failure is None:
                return False
            raise failure from None
        except CellTimeoutError:
            raise self._run.timed_out(position) from None
        except (DeadKernelError, asyncio.CancelledError):
            self._raise_for_end(position)
        except Exception as error:
            self._run.broke(position, error)
            raise
        self._run.completed(position, early=self._asked_exit)
        return not self._asked_exit

    def _raise_for_end(self, position: int) -> None:
        # nbclient takes every cancellation for a dead kernel; the task knows whether it was asked to stop.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            self._run.cancelled(position)
            raise asyncio.CancelledError from None
        raise self._run.died(position, self._why_dead()) from None

    def _why_dead(self) -> str:
        status = self._process.poll() if self._process is not None else None
        if status is None:
            return "its process does not answer"
        if status >= 0:
            return f"its process ended with exit status {status}"
        reason = ", maybe out of memory" if -status == signal.SIGKILL else ""
        return f"signal {-status} ({signal.Signals(-status).name}{reason})"

    async def _check_raise_for_error(self, cell: NotebookNode, cell_index: int, exec_reply: Any) -> None:
        payload = exec_reply["content"].get("payload", []) if exec_reply else []
        self._asked_exit = any(part.get("source") == "ask_exit" for part in payload)
        await super()._check_raise_for_error(cell, cell_index, exec_reply)

    # --- what a cell says -------------------------------------------------------------------------------------

    def output(
        self, outs: list[NotebookNode], msg: Any, display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        """Take one output: note published values, tell the last line, join streams as they come."""
        self._run.displayed(msg["content"].get("data") or {})
        before = len(outs)
        out = super().output(outs, msg, display_id, cell_index)
        if out is None or out.output_type != "stream":
            self._settle_stream()
            return out
        self._run.printed(cell_index, out.name, out.text)
        self._join(outs, out, alone=before == 0 or len(outs) == 1)
        return out

    def clear_output(self, outs: list[NotebookNode], msg: Any, cell_index: int) -> None:
        """Forget the stream that is being joined with all that is cleared."""
        self._settle_stream()
        super().clear_output(outs, msg, cell_index)

    def _join(self, outs: list[NotebookNode], out: NotebookNode, *, alone: bool) -> None:
        # The notebook would hold one output per message: thousands. Parts are joined once, at the stream's end.
        if self._stream is not None and not alone and self._stream[0] is outs[-2] and outs[-2].name == out.name:
            outs.pop()
            self._stream[1].append(out.text)
            return
        self._settle_stream()
        self._stream = (out, [out.text])

    def _settle_stream(self) -> None:
        if self._stream is not None:
            out, parts = self._stream
            out["text"] = overwritten("".join(parts))
            self._stream = None

    # --- the kernel -------------------------------------------------------------------------------------------

    def create_kernel_manager(self) -> AsyncKernelManager:
        """A kernel manager with sockets of its own, in a folder that nobody else may enter."""
        manager = AsyncKernelManager(kernel_name=self._start.kernel_name, config=self.config)
        self._sockets = tempfile.mkdtemp(prefix="jf-")
        manager.connection_file = str(Path(self._sockets) / "kernel.json")
        if _takes_unix_sockets(manager, self._sockets):
            manager.transport, manager.ip = "ipc", str(Path(self._sockets) / "k")
        manager.client_factory = RoomyClient
        self.km = manager
        return manager

    async def _start_kernel(self) -> None:
        manager = self.create_kernel_manager()
        if _is_ipython(manager):
            # A kernel of another name than python3 would write the user's own history file.
            self.extra_arguments = ["--HistoryManager.hist_file=:memory:"]
        self._kernel_log = self._start.log.open("wb")
        streams = {"stdout": self._kernel_log, "stderr": self._kernel_log}
        try:
            await self.async_start_new_kernel(env=dict(self._start.environment), **streams)
            self._process = getattr(manager.provisioner, "process", None)
            await self.async_start_new_kernel_client()
        except (RuntimeError, OSError, ValueError) as error:
            raise KernelDied(None, f"it did not start: {self._last_words() or error}") from error
        await self._note_language()

    async def _note_language(self) -> None:
        assert self.kc is not None
        reply = await self.async_wait_for_reply(self.kc.kernel_info())
        if reply is not None:
            self.nb.metadata["language_info"] = reply["content"]["language_info"]

    async def _stop_kernel(self) -> None:
        try:
            if self.km is not None:
                await self._async_cleanup_kernel()
        finally:
            self._give_back()

    def _last_words(self) -> str:
        return last_line(self._start.log.read_text(errors="replace")) if self._start.log.exists() else ""

    def _give_back(self) -> None:
        if self._kernel_log is not None:
            self._kernel_log.close()
            if self._start.log.exists() and not self._start.log.stat().st_size:
                self._start.log.unlink()
            self._kernel_log = None
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None


def _takes_unix_sockets(manager: AsyncKernelManager, folder: str) -> bool:
    # Unix sockets have no race for port numbers and no other account can reach them.
    return sys.platform != "win32" and len(os.fsencode(folder)) < _LONGEST_SOCKET_PATH and _is_ipython(manager)


def _is_ipython(manager: AsyncKernelManager) -> bool:
    return any("ipykernel" in part for part in manager.kernel_spec.argv) if manager.kernel_spec else False
