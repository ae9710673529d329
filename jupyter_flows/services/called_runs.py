"""The flow runs that a run called, and theirs, for who draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_flows.model.runs import Failure, FlowRun, RunFilter, TaskRun

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_MOST = 1000


class CalledRuns:
    """Reads them; what is in a run that has ended is read once.

    Parameters
    ----------
    reader
        Of the store.
    """

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._ended: dict[tuple[str, int], tuple[Sequence[TaskRun], Sequence[Failure]]] = {}

    def called_by(self, run_id: str) -> list[FlowRun]:
        """The flow runs that a run called, oldest first."""
        return self._reader.flow_runs(RunFilter(parent=run_id, limit=_MOST))[::-1]

    def record(self, run: FlowRun) -> tuple[Sequence[TaskRun], Sequence[Failure]]:
        """The task runs of a flow run, and why attempts failed."""
        version = run.id, run.state_version
        if version in self._ended:
            return self._ended[version]
        found = self._reader.task_runs(run.id), self._reader.failures(run.id)
        if run.state.is_final():
            self._ended[version] = found
        return found


__all__ = ["CalledRuns"]
