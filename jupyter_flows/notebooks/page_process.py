"""A process that turns executed notebooks into pages: what that takes is loaded once, and beside the kernel that runs.

The process reads one request per line and answers each with one line; it ends when whoever started it has gone.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.secrets.surroundings import bare

_SCRIPT = "from jupyter_flows.notebooks.page_process import serve; serve()"


class PageProcess:
    """Writes pages by a process of its own. Any thread; one page at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Let the process load what it needs, so that a later `write` need not wait for that."""
        with self._lock, suppress(OSError):
            self._started()

    def write(self, notebook_path: Path, html_path: Path, graph_svg: str | None = None) -> None:
        """Write a page as `html.write_html` does.

        Raises
        ------
        JupyterFlowsError
            The page could not be written; an earlier one is left as it was.
        OSError
            The process cannot be started.
        """
        request = json.dumps([str(notebook_path), str(html_path), graph_svg])
        with self._lock:
            answer = self._ask(request) or self._ask(request)  # somebody may have killed it since
        if answer != "done":
            raise JupyterFlowsError(answer or "the process that writes pages ended without an answer")

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, request: str) -> str:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{request}\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())
        except (OSError, ValueError):
            self._end()
            return ""
        except BaseException:  # such as Ctrl-C: its answer would be taken for that to the next request
            self._end()
            raise

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert stream is not None
                    stream.close()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            root = str(Path(__file__).parents[2])
            path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), root]))
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env={**bare(os.environ), "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is not meant for it: a stopped run has a page too
            )
        return self._process


def serve() -> None:
    """Be that process."""
    os.nice(5)  # loading must not hold up the kernel that is starting at the same moment
    # jsonschema would compile a grammar of addresses for a second, of which nothing here makes use.
    modules: dict[str, Any] = sys.modules  # type: ignore[assignment]
    modules["rfc3987_syntax"] = None
    from jupyter_flows.notebooks.html import warm_up

    warm_up()
    for line in sys.stdin:
        print(json.dumps(_served(*json.loads(line))), flush=True)  # noqa: T201 - the answer


def _served(notebook_path: str, html_path: str, graph_svg: str | None) -> str:
    from jupyter_flows.notebooks.html import write_html

    try:
        write_html(Path(notebook_path), Path(html_path), graph_svg)
    except Exception as error:  # noqa: BLE001 - handed to whoever asked
        return str(error) or type(error).__name__
    return "done"


_processes: dict[int, PageProcess] = {}
_lock = threading.Lock()


def page_process() -> PageProcess:
    """The one of this process; a forked child gets its own."""
    with _lock:
        found = _processes.get(os.getpid())
        if found is None:
            found = _processes[os.getpid()] = PageProcess()
            atexit.register(_close, os.getpid())
        return found


def _close(pid: int) -> None:
    if os.getpid() == pid:
        _processes[pid].close()
