"""The task runs of a flow run's earlier attempts, to be found again by the calls that made them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from jupyter_flows.model.events import Earlier
from jupyter_flows.model.runs import FlowRun, TaskRun
from jupyter_flows.model.states import State, StateKind

Place = tuple[int, str, int, int]  # number of the caller, name of the task, digest of the call, how many before it


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """One task run of an earlier attempt.

    Parameters
    ----------
    stood
        How it stood when its flow run was taken up again.
    state
        Its final state, without a value.
    load
        Gives its value again; None where it must run again.
    stays
        Whether it failed, and is to stay so.
    """

    number: int
    stood: Earlier
    state: State
    load: Callable[[], object] | None = None
    stays: bool = False


class EarlierRuns:
    """Which call of the flow's code made which task run.

    A call is told by its caller, its task and its plain arguments, and among equals by their order: so that a flow
    that calls the same tasks in another order finds the right ones.

    Parameters
    ----------
    task_runs
        Every task run of the flow run, by number.
    load
        What gives a task run's value again, or None where it must run again.
    stay
        Numbers of the failed task runs that are not run again.
    """

    def __init__(
        self,
        task_runs: Iterable[TaskRun],
        load: Callable[[TaskRun], Callable[[], object] | None],
        stay: Container[int] = (),
    ) -> None:
        self.last_number = 0
        self.skipped: dict[int, str] = {}
        self.failed: dict[int, tuple[StateKind, str, str]] = {}
        self._runs: dict[Place, EarlierRun] = {}
        counts: dict[tuple[int, str, int], int] = {}
        for run in task_runs:
            base = (run.parent, run.task, run.digest)
            ordinal = counts[base] = counts.get(base, 0) + 1
            stood = Earlier(run.state.kind, run.state_version, run.attempts if run.started_at is not None else 0)
            again = load(run)
            stays = run.number in stay
            self._runs[*base, ordinal] = EarlierRun(run.number, stood, run.state, again, stays)
            self.last_number = run.number
            if stays:
                self.failed[run.number] = run.state.kind, run.state.name, run.name
            if again is not None and run.state.is_skipped():
                self.skipped[run.number] = run.name

    def find(self, place: Place) -> EarlierRun | None:
        """Return the task run that was called in this place."""
        return self._runs.get(place)


class EarlierChildren:
    """The flow runs that a flow run called in earlier attempts, each to be found once.

    Parameters
    ----------
    runs
        Oldest first.
    """

    def __init__(self, runs: Iterable[FlowRun]) -> None:
        self._runs = list(runs)
        self._lock = threading.Lock()

    def take(self, caller: int, flow: str, parameters: str) -> FlowRun | None:
        """Return the next run of a flow that this caller called with these parameters."""
        with self._lock:
            for position, run in enumerate(self._runs):
                if (run.parent_number, run.flow, run.parameters) == (caller, flow, parameters):
                    return self._runs.pop(position)
        return None


__all__ = ["EarlierChildren", "EarlierRun", "EarlierRuns", "Place"]
