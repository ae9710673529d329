"""Facts about the run that the present code belongs to: ``runtime.flow_run.id``, ``runtime.task_run.name``.

``flow_run`` and ``task_run`` have the attributes of `RunInfo`; each is None where there is no run of its sort. In a
cell of a notebook that is run headless, ``flow_run`` is the notebook's run, and ``task_run`` that of a task cell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.run_info import RunInfo, run_info
from jupyter_flows.drivers.run_of_process import run_of_process
from jupyter_flows.notebooks.told_attempt import attempt_here

if TYPE_CHECKING:
    flow_run: RunInfo | None
    task_run: RunInfo | None

__all__ = ["RunInfo", "flow_run", "task_run"]


def __getattr__(name: str) -> RunInfo | None:
    if name not in {"flow_run", "task_run"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    frame = current_frame()
    if frame is None:
        return run_of_process() if name == "flow_run" else _task_of_kernel()
    if name == "task_run":
        return run_info(frame.call) if frame.call.number else None
    return None if frame.run.call is None else run_info(frame.run.call)


def _task_of_kernel() -> RunInfo | None:
    told, run = attempt_here(), run_of_process()
    if told is None or run is None:
        return None
    return replace(
        run,
        id=f"{run.id}-{told.number}",
        name=told.name,
        kind="cell",
        run_count=told.attempt,
        tags=told.tags,
        parent_run_id=run.id,
        version="",
        task_name=told.name,
        loop_count=told.loop_count,
        loop_result=told.loop_result,
        resumed=told.resumed,
    )
