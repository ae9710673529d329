"""Flows that a run called: one box for each flow and caller, which can be unfolded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.node import Node
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.wording import Told, counted_words, counts_of
from jupyter_flows.model.runs import Failure, FlowRun, TaskRun

MARK = "@"  # begins the key of such a box, before the id of its first run


class Within(Protocol):
    """Knows what runs called, and what was in it."""

    def called_by(self, run_id: str) -> Sequence[FlowRun]:
        """The flow runs that a run called, oldest first."""
        ...

    def record(self, run: FlowRun) -> tuple[Sequence[TaskRun], Sequence[Failure]]:
        """The task runs of a flow run, and why attempts failed."""
        ...


@dataclass(frozen=True, slots=True)
class CalledFlow:
    """The runs of one flow that one caller called.

    Parameters
    ----------
    key
        Of the box.
    flow
        Name of the flow.
    runs
        Oldest first; at least one.
    caller
        Number of the task run or cell that called; 0 for the flow itself.
    """

    key: str
    flow: str
    runs: tuple[FlowRun, ...]
    caller: int = 0

    def each(self) -> list[CalledFlow]:
        """Each of its runs by itself, inside its box."""
        return [CalledFlow(f"{self.key}/{MARK}{run.id}", self.flow, (run,)) for run in self.runs]

    def node(self, task_runs: Sequence[TaskRun] = (), told: Told | None = None, opens: bool = False) -> Node:
        """Draw it: one run with the counts of its task runs, where those are given, else the counts of its runs."""
        first = self.runs[0]
        if len(self.runs) == 1:
            words = counted_words(task_runs, told or Told()) if task_runs else elapsed(first.started_at, first.ended_at)
            kind, name, counts = first.state.kind, first.state.name, counts_of(task_runs)
            return Node(self.key, self.flow, "flow", kind, name, words, counts, f"run {first.name}", opens=opens)
        states: dict[str, int] = {}
        for run in self.runs:
            states[run.state.name] = states.get(run.state.name, 0) + 1
        worst = max(self.runs, key=lambda run: look(run.state.name, run.state.kind).hatched).state
        return Node(self.key, self.flow, "map", worst.kind, worst.name, f"{len(self.runs):,} runs", states, opens=opens)


def called_flows(
    runs: Iterable[FlowRun], caller: Callable[[FlowRun], int] = lambda run: run.parent_number, around: str = ""
) -> list[CalledFlow]:
    """Put together what one caller called of one flow.

    Parameters
    ----------
    runs
        Oldest first.
    caller
        Number of the task run or cell that called a run.
    around
        What their keys begin with.
    """
    together: dict[tuple[int, str], list[FlowRun]] = {}
    for run in runs:
        together.setdefault((caller(run), run.flow), []).append(run)
    return [
        CalledFlow(f"{around}{MARK}{found[0].id}", flow, tuple(found), number)
        for (number, flow), found in together.items()
    ]


def innermost(key: str) -> tuple[str, str]:
    """Return the key of the innermost called flow around a box, and the id of its first run; empty where there is none.

    >>> innermost("4/@a1/@b2/7"), innermost("7")
    (('4/@a1/@b2', 'b2'), ('', ''))
    """
    parts = key.split("/")
    places = [place for place, part in enumerate(parts) if part.startswith(MARK)]
    return ("/".join(parts[: places[-1] + 1]), parts[places[-1]][len(MARK) :]) if places else ("", "")


__all__ = ["MARK", "CalledFlow", "Within", "called_flows", "innermost"]
