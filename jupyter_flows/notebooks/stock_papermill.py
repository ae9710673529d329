"""Stock papermill in a process of its own, as another engine: what it says of each cell, in our words.

It tells nothing while it runs, and some of what it tells at the end is not so: it marks cells that never ran as
completed. A cell that ended has the time of its reply in its metadata, which is what is believed here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_flows.errors import CellFailed, JupyterFlowsError, KernelDied, NotebookError, RunCancelled, RunTimedOut
from jupyter_flows.notebooks.account import remove_error_markers
from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.document import INJECTED_TAG, Document, is_executed, label_of, read_notebook
from jupyter_flows.notebooks.journal import METADATA_KEY
from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.nbformat4 import Node, tags_of, to_text
from jupyter_flows.notebooks.observer import CellObserver
from jupyter_flows.notebooks.published import RESULT_MIME, Published, read_published
from jupyter_flows.notebooks.stopping import StopHandle
from jupyter_flows.notebooks.terminal_text import last_line, without_escapes


class StockRun:
    """One notebook executed by papermill's own engine.

    Parameters
    ----------
    document, parameters, target, observer
        As `execution.execute` has them; ``target`` is the executed copy.
    environment
        All variables of the process.
    cell_timeout, timeout
        Seconds; None for no limit.
    stop
        Ends it from outside.
    """

    def __init__(
        self,
        document: Document,
        parameters: Mapping[str, JsonValue],
        target: Path,
        observer: CellObserver,
        *,
        environment: Mapping[str, str],
        cell_timeout: float | None,
        timeout: float | None,
        stop: StopHandle,
    ) -> None:
        self.values: dict[str, Published] = {}
        self.states: dict[int, str] = {}
        self._document, self._parameters, self._target, self._observer = document, parameters, target, observer
        self._environment, self._cell_timeout, self._timeout, self._stop = environment, cell_timeout, timeout, stop

    def run(self, kernel_name: str) -> None:
        """Execute all cells.

        Raises
        ------
        CellFailed, KernelDied, RunTimedOut, RunCancelled
            As the notebook ended.
        NotebookError
            papermill failed by itself; the message has its last words.
        """
        with tempfile.TemporaryDirectory(prefix="jf-") as folder:
            given = Path(folder) / "parameters.json"  # JSON is YAML
            given.write_text(json.dumps(dict(self._parameters)), encoding="utf-8")
            said, error = self._process(self._command(kernel_name, given))
        error = self._account(said) or error
        if error is not None:
            raise error

    def _command(self, kernel_name: str, given: Path) -> list[str]:
        # papermill formats paths with the parameters.
        paths = [str(path).replace("{", "{{").replace("}", "}}") for path in (self._document.path, self._target)]
        limit = [] if self._cell_timeout is None else ["--execution-timeout", str(max(1, round(self._cell_timeout)))]
        options = ["--kernel", kernel_name, "--cwd", str(self._document.path.parent), "--no-progress-bar", *limit]
        parameters = ["--parameters_file", str(given)] if self._parameters else []
        return [sys.executable, "-P", "-m", "papermill", *paths, *options, *parameters]

    def _process(self, command: list[str]) -> tuple[str, JupyterFlowsError | None]:
        process = subprocess.Popen(
            command,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        stopped = threading.Event()
        self._stop.listen(lambda: (stopped.set(), _end(process)))
        error: JupyterFlowsError | None = None
        try:
            _, said = process.communicate(timeout=self._timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            _, said = process.communicate()
            error = RunTimedOut(f"the notebook passed its time limit of {self._timeout:g} s")
        except BaseException:
            _end(process)
            process.communicate()
            raise
        finally:
            self._stop.listen(None)
        if stopped.is_set():
            error = RunCancelled(self._stop.reason.message if self._stop.reason else "")
        elif error is None and process.returncode:
            error = NotebookError(f"papermill ended with exit status {process.returncode}: {last_line(said)}")
        return said, error

    def _account(self, said: str) -> JupyterFlowsError | None:
        """Read what papermill wrote, correct it and tell the observer; return how the notebook ended."""
        try:
            node = read_notebook(self._target)
        except NotebookError:
            return None
        remove_error_markers(node)
        error: JupyterFlowsError | None = None
        sources = {cell["id"]: index for index, cell in enumerate(self._document.node["cells"])}
        for cell in node["cells"]:
            if cell["cell_type"] != "code":
                continue
            index = sources.get(cell["id"])
            state, ended = self._judge(cell, index, said) if error is None else ("NotRun", None)
            state = "Skipped" if not is_executed(cell) else state
            error = error or ended
            cell["metadata"][METADATA_KEY] = {"state": state}
            if index is not None:
                self.states[index] = state
        with suppress(OSError):
            replace_text(self._target, to_text(node))
        return error

    def _judge(self, cell: Node, index: int | None, said: str) -> tuple[str, JupyterFlowsError | None]:
        if not is_executed(cell):
            return "Skipped", None
        account: Any = cell["metadata"].get("papermill", {})
        ended = "shell.execute_reply" in cell["metadata"].get("execution", {})
        error = self._error(cell, (index or 0) + 1, said, failed=account.get("status") == "failed", ended=ended)
        if error is None and not ended:
            return "NotRun", None
        self._publish(cell)
        if index is not None and INJECTED_TAG not in tags_of(cell):
            self._observer.cell_started(index)
            self._observer.cell_ended(index, error)
        return _state(error), error

    def _error(self, cell: Node, number: int, said: str, *, failed: bool, ended: bool) -> JupyterFlowsError | None:
        raised = next((output for output in cell["outputs"] if output["output_type"] == "error"), None)
        label = label_of(cell["source"])
        if failed and raised is not None:
            traceback = without_escapes("\n".join(raised["traceback"]))
            return CellFailed(number, label, raised["ename"], without_escapes(raised["evalue"]), traceback)
        if not ended and "DeadKernelError" in said:
            return KernelDied(number, "papermill tells no more")
        if not ended and "CellTimeoutError" in said:
            return RunTimedOut(f"cell {number} ({label}) passed its time limit of {self._cell_timeout or 0:g} s")
        return None

    def _publish(self, cell: Node) -> None:
        for output in cell["outputs"]:
            found = output.get("data", {}).get(RESULT_MIME)
            if (published := read_published(found)) is not None:
                self.values[published[0]] = published[1]


def _state(error: JupyterFlowsError | None) -> str:
    match error:
        case None:
            return "Completed"
        case RunTimedOut():
            return "TimedOut"
        case KernelDied():
            return "KernelDied"
        case _:
            return "Failed"


def _end(process: subprocess.Popen[str]) -> None:
    # papermill's kernels are in groups of their own, and end within a second when their parent has gone.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
