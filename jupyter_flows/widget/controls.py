"""Cancel and Retry, asked by the page."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections.abc import Collection, Mapping
from typing import Any

from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.authoring.flow import Flow
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.model.states import BAD, CANCELLED

_log = logging.getLogger("jupyter_flows.widget")


def cancel(reader: RunReader, run_id: str) -> str:
    """Ask a run's owner to stop it, by the store: that reaches a kernel that is busy; return what to say."""
    run = reader.request_cancel(run_id, time.time())
    return "" if not run.state.is_final() else f"it has already ended: {run.state.name}"


def retry(reader: RunReader, run_id: str, namespace: Mapping[str, Any], only: Collection[int] | None = None) -> str:
    """Take a run up again in a thread of its own; what is finished is re-used. Return what to say where it cannot be.

    Parameters
    ----------
    namespace
        Where the notebook's names are: the run's flow is looked for in it.
    only
        Numbers of the failed task runs that are tried again; all when not given.
    """
    run = reader.flow_run(run_id)
    if run.state.kind not in BAD | {CANCELLED} and run.state.name != "Suspended":
        return f"nothing to retry: it is {run.state.name}"
    # A copy: the running cell may change the names meanwhile.
    flows = [value for value in list(namespace.values()) if isinstance(value, Flow | DeclaredFlow)]
    found = next((flow for flow in flows if flow.name == run.flow), None)
    if found is None:
        return f"the flow {run.flow!r} has no name in this notebook: run the cell that defines it"
    threading.Thread(target=_resume, args=(found, run.id, only), name=f"resume-{run.name}", daemon=True).start()
    return ""


def _resume(flow: Flow[..., Any] | DeclaredFlow, run_id: str, only: Collection[int] | None) -> None:
    try:
        if isinstance(flow, DeclaredFlow):
            resumed = flow.resume(run_id, only=only)
        else:
            resumed = flow.resume(run_id, only=only, return_state=True)
        if inspect.isawaitable(resumed):
            asyncio.run(_awaited(resumed))
    except JupyterFlowsError as error:
        _log.warning("%s", error)


async def _awaited(resumed: Any) -> Any:
    return await resumed
