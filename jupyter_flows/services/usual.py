"""How long a flow's tasks usually take: the middle of its last completed runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.model.runs import FlowRun, RunFilter, TaskRun

Usual = Mapping[tuple[str, bool], float]

_RUNS = 20  # that are looked at
_MOST = 20_000  # task runs that are looked at: of a flow with more, fewer runs
_FEWEST = 2  # runs from which one is called usual


def usual_seconds(reader: RunReader, run: FlowRun) -> Usual:
    """Return how long each task took in the runs before this one.

    Returns
    -------
    mapping of (str, bool) to float
        Name of the task and whether it was mapped (then of the whole map), to seconds.
    """
    earlier = reader.flow_runs(RunFilter(run.flow, "completed", until=run.created_at, limit=_RUNS))
    found: dict[tuple[str, bool], list[float]] = {}
    left = _MOST
    for one in earlier:
        if left <= 0:
            break
        task_runs = reader.task_runs(one.id)
        left -= len(task_runs)
        for key, seconds in _spans(task_runs).items():
            found.setdefault(key, []).append(seconds)
    return {key: median(seconds) for key, seconds in found.items() if len(seconds) >= _FEWEST}


def _spans(task_runs: Iterable[TaskRun]) -> dict[tuple[str, bool], float]:
    """How long each task took in one run: a map from its first start to its last end, of several calls the middle."""
    times: dict[tuple[str, bool, int], list[tuple[float, float]]] = {}
    for run in task_runs:
        if run.started_at is not None and run.ended_at is not None and run.state.name == "Completed":
            times.setdefault((run.task, run.map_id != 0, run.map_id or run.number), []).append(
                (run.started_at, run.ended_at)
            )
    spans: dict[tuple[str, bool], list[float]] = {}
    for (task, mapped, _), found in times.items():
        spans.setdefault((task, mapped), []).append(max(end for _, end in found) - min(start for start, _ in found))
    return {key: median(seconds) for key, seconds in spans.items()}


__all__ = ["Usual", "usual_seconds"]
