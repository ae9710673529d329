"""``python -m jupyter_flows.server.child HANDLE``: what a child of the server does.

It reads one order, a JSON object, from the pipe that joins it to the server, and ends its run and itself when the
other end of the pipe is closed. Orders:

``{"do": "notebook", "path": …, "parameters": {…}, …}``
    Run a notebook; the first line of standard output is ``{"run": ID}``.
``{"do": "flow", "flow": NAME, "entry": "module@file", "parameters": {…}}``
    Run a flow; told in the same way.
``{"do": "command", "arguments": […]}``
    Perform a command of `jupyter flows`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_flows.services.lifeline import Lifeline


def main(handle: int) -> int:
    """Do what is ordered; return the exit status."""
    lifeline = Lifeline(handle)
    order = lifeline.order()
    if order is None:
        return 0
    lifeline.watch(lambda: os.kill(os.getpid(), signal.SIGTERM))
    if order["do"] == "command":
        from jupyter_flows.cli.main import main as command

        return command(order["arguments"])
    from jupyter_flows.cli.escaping import escaped
    from jupyter_flows.cli.main import exit_status
    from jupyter_flows.errors import JupyterFlowsError

    try:
        return (_run_notebook if order["do"] == "notebook" else _run_flow)(order)
    except JupyterFlowsError as error:
        sys.stderr.write(f"jupyter flows: {escaped(str(error))}\n")
        return exit_status(error)


def _run_notebook(order: Mapping[str, Any]) -> int:
    from jupyter_flows.services.notebook_run import NotebookChoices, prepare_notebook, run_notebook

    choices = NotebookChoices(
        timeout=order.get("timeout_seconds"),
        cell_timeout=order.get("cell_timeout_seconds"),
        parallel=bool(order.get("parallel")),
        keep=tuple(order.get("keep", ())),
        engine=order.get("engine", "jupyter-flows"),
    )
    call = prepare_notebook(order["path"], _given(order), order.get("kernel"), allow_secret_looking=True)
    end = run_notebook(call, _Teller(), choices)
    return 0 if end.state.is_completed() else 1


def _run_flow(order: Mapping[str, Any]) -> int:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.authoring.targets import find_entry
    from jupyter_flows.cli.prints import prints_aside
    from jupyter_flows.cli.running_flow import drive

    with prints_aside(True):
        flow = find_entry(order["flow"], order["entry"])
        given = _given(order)
        run, opening = flow.open(given, 0.0) if isinstance(flow, DeclaredFlow) else flow.open((), given)
    _tell(run.id)
    with prints_aside(True):
        drive(flow, run, opening, watched=False)
    call = run.call
    return 0 if call is not None and call.state is not None and call.state.is_completed() else 1


def _given(order: Mapping[str, Any]) -> dict[str, Any]:
    from jupyter_flows.model.secret_reference import as_reference

    return {name: as_reference(value) for name, value in order["parameters"].items()}


def _tell(run_id: str) -> None:
    sys.stdout.write(json.dumps({"run": run_id}) + "\n")
    sys.stdout.flush()


class _Teller:
    """Tells the server which run it is; how its cells get on is in the store."""

    def opened(self, run_id: str, name: str, cells: Sequence[object]) -> None:
        _tell(run_id)

    def started(self, number: int) -> None:
        """Nothing to tell."""

    def printed(self, number: int, line: str) -> None:
        """Nothing to tell."""

    def showing(self, number: int, text: str) -> None:
        """Nothing to tell."""

    def ended(self, number: int, state: object) -> None:
        """Nothing to tell."""


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

__all__ = ["main"]
