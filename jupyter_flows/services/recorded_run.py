"""All that a store has of one run, read together."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.model.runs import Failure, FlowRun, LogLine, RunFilter, StateChange, TaskRun
from jupyter_flows.services.causes import Cause, find_cause
from jupyter_flows.services.log_lines import log_lines

_CHILDREN = 10_000


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run with everything that belongs to it.

    Parameters
    ----------
    task_runs
        By number.
    states, failures, logs
        Oldest first.
    artifacts
        Newest first.
    children
        The runs that it called, oldest first.
    cause
        Where its failure began; None for a run that did not fail.
    """

    run: FlowRun
    task_runs: tuple[TaskRun, ...]
    states: tuple[StateChange, ...]
    failures: tuple[Failure, ...]
    logs: tuple[LogLine, ...]
    artifacts: tuple[ArtifactKept, ...]
    children: tuple[FlowRun, ...]
    cause: Cause | None


def read_record(store: RunReader, run_id: str) -> RunRecord:
    """Read a run whole.

    Raises
    ------
    RunNotFound, AmbiguousRun, StoreUnavailable
    """
    run = store.flow_run(run_id)
    children = store.flow_runs(RunFilter(parent=run.id, limit=_CHILDREN))
    return RunRecord(
        run,
        tuple(store.task_runs(run.id)),
        tuple(store.states(run.id)),
        tuple(store.failures(run.id)),
        tuple(log_lines(store, run.id)),
        tuple(store.artifacts(run.id)),
        tuple(reversed(children)),
        find_cause(store, run),
    )


__all__ = ["RunRecord", "read_record"]
