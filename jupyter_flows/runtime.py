"""Facts about the run that the present code belongs to: ``runtime.flow_run.id``, ``runtime.task_run.name``.

``flow_run`` and ``task_run`` have the attributes of `RunInfo`; each is None where there is no run of its sort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.run_info import RunInfo, run_info

if TYPE_CHECKING:
    flow_run: RunInfo | None
    task_run: RunInfo | None

__all__ = ["RunInfo", "flow_run", "task_run"]


def __getattr__(name: str) -> RunInfo | None:
    if name not in {"flow_run", "task_run"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    frame = current_frame()
    if frame is None:
        return None
    if name == "task_run":
        return run_info(frame.call) if frame.call.number else None
    return None if frame.run.call is None else run_info(frame.run.call)
