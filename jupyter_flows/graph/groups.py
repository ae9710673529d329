"""Task runs that share one box: the children of a map, and what was folded together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_flows.graph.node import Edge, NodeKind
from jupyter_flows.model.runs import TaskRun


@dataclass(frozen=True, slots=True)
class Group:
    """The task runs of one box.

    Parameters
    ----------
    key
        Stable name of the box: the number of its first task run.
    title
        What to call it.
    runs
        Its task runs, by number; at least one.
    mapped
        Whether they are the children of one map.
    """

    key: str
    title: str
    runs: tuple[TaskRun, ...]
    mapped: bool = False

    @property
    def kind(self) -> NodeKind:
        """What the box stands for."""
        if self.mapped or len(self.runs) > 1:
            return "map"
        return "cell" if any(run.kind == "cell" for run in self.runs) else "task"

    @property
    def task(self) -> str:
        """The task they all run."""
        return self.runs[0].task


def grouped(task_runs: Sequence[TaskRun]) -> list[Group]:
    """Make one group of each map and one of each other task run, in order of their first numbers."""
    together: dict[int, list[TaskRun]] = {}
    for run in sorted(task_runs, key=lambda run: run.number):
        together.setdefault(run.map_id or run.number, []).append(run)
    return [_group(number, runs) for number, runs in together.items()]


def _group(number: int, runs: list[TaskRun]) -> Group:
    mapped = runs[0].map_id != 0
    title = runs[0].task if mapped else runs[0].name or runs[0].task
    return Group(str(number), title, tuple(runs), mapped)


def group_edges(groups: Sequence[Group]) -> list[Edge]:
    """Merge what the task runs say about one another into edges between their groups.

    Upstreams give plain edges, calls (a task run with a parent) give edges with ``calls``. Cells follow one another
    in the order of their numbers, except those that name their upstreams.
    """
    key_of = {run.number: group.key for group in groups for run in group.runs}
    edges: dict[Edge, None] = {}
    previous = ""
    for group in groups:
        ends = dict.fromkeys(key_of[n] for run in group.runs for n in run.upstreams if n in key_of)
        if group.kind == "cell":
            if not ends and previous:
                ends[previous] = None
            previous = group.key
        callers = dict.fromkeys(key_of[run.parent] for run in group.runs if run.parent in key_of)
        for calls, others in ((False, ends), (True, callers)):
            for end in others:
                if end != group.key:
                    edges[Edge(end, group.key, calls)] = None
    return list(edges)
