"""Counters and durations of runs for StatsD, told as their states are written; the run never waits for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from jupyter_flows.model.records import FlowRunCreated, FlowRunTakenUp, Record, StateEntered, TaskRunCreated
from jupyter_flows.model.states import FINAL, RUNNING

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunWriter
    from jupyter_flows.model.owner import Owner
    from jupyter_flows.notify.statsd import StatsD


class MeteringWriter:
    """A `RunWriter` that counts each state which is written, and tells how long runs took that have ended.

    Counters are ``flow_run.NAME`` and ``task_run.NAME``, of the state's name; durations ``flow_run.duration`` and
    ``task_run.duration``, from the first start of an attempt. Each has the flow's name, a task run's the task's too.

    Parameters
    ----------
    writer
        The one that writes. What it could not write, or has lost, is not counted.
    told
        Who is told.
    """

    def __init__(self, writer: RunWriter, told: StatsD) -> None:
        self._writer, self._told = writer, told
        self._runs: dict[str, _Run] = {}

    @property
    def location(self) -> str:
        """See `RunWriter.location`."""
        return self._writer.location

    def commit(
        self, batch: Mapping[str, Sequence[Record]], owner: Owner, lease_until: float, durable: bool
    ) -> frozenset[str]:
        """See `RunWriter.commit`."""
        lost = self._writer.commit(batch, owner, lease_until, durable)
        lines = [
            line for run_id, records in batch.items() if run_id not in lost for line in self._lines(run_id, records)
        ]
        for run_id in lost:
            self._runs.pop(run_id, None)
        self._told.send(lines)
        return lost

    def renew(self, run_ids: Collection[str], owner: Owner, lease_until: float) -> frozenset[str]:
        """See `RunWriter.renew`."""
        return self._writer.renew(run_ids, owner, lease_until)

    def cancel_requests(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """See `RunWriter.cancel_requests`."""
        return self._writer.cancel_requests(run_ids)

    def close(self) -> None:
        """See `RunWriter.close`."""
        self._writer.close()
        self._told.close()

    def _lines(self, run_id: str, records: Sequence[Record]) -> Iterator[str]:
        run = self._runs.setdefault(run_id, _Run())
        for record in records:
            if isinstance(record, StateEntered):
                yield from self._of_state(run, record)
            elif isinstance(record, TaskRunCreated):
                run.tasks[record.number] = record.task
            elif isinstance(record, FlowRunCreated | FlowRunTakenUp):
                run.flow = record.flow or run.flow
        if 0 in run.ended:
            del self._runs[run_id]

    def _of_state(self, run: _Run, state: StateEntered) -> Iterator[str]:
        what = "task_run" if state.number else "flow_run"
        named = (("flow", run.flow), ("task", run.tasks.get(state.number, "")))
        tags = {key: name for key, name in named if name}
        yield self._told.counted(f"{what}.{state.name.lower()}", 1, tags)
        if state.kind is RUNNING:
            run.started.setdefault(state.number, state.at)
        elif state.kind in FINAL:
            started = run.started.pop(state.number, None)
            run.tasks.pop(state.number, None)
            if started is not None:
                yield self._told.lasted(f"{what}.duration", max(0.0, state.at - started), tags)
            if not state.number:
                run.ended.add(0)


class _Run:
    """What is known of a live run: no more than its task runs that have not ended."""

    __slots__ = ("ended", "flow", "started", "tasks")

    def __init__(self) -> None:
        self.flow = ""
        self.tasks: dict[int, str] = {}
        self.started: dict[int, float] = {}
        self.ended: set[int] = set()


__all__ = ["MeteringWriter"]
