"""Each test has a store and a session of its own; `history` reads what was recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from jupyter_flows.model.runs import Failure, FlowRun, LogLine, RunFilter, TaskRun
from jupyter_flows.testing import FakeClock, Harness, flows_test_harness


@dataclass
class History:
    """What the store knows."""

    harness: Harness

    def runs(self) -> list[FlowRun]:
        """Every flow run, oldest first."""
        found = self.harness.reader.flow_runs(RunFilter(standalone=True, limit=1000))
        return list(reversed(found))

    def run(self) -> FlowRun:
        """The one root run."""
        (found,) = [run for run in self.runs() if run.parent_run_id is None]
        return found

    def tasks(self, run_id: str | None = None) -> list[TaskRun]:
        return self.harness.reader.task_runs(run_id or self.run().id)

    def states(self, number: int = 0, run_id: str | None = None) -> list[str]:
        """The names of the states of one run, oldest first."""
        changes = self.harness.reader.states(run_id or self.run().id, number)
        assert [change.version for change in changes] == list(range(1, len(changes) + 1))
        return [change.state.name for change in changes]

    def ends(self, run_id: str | None = None) -> list[str]:
        """The names of the last states of all task runs, by number."""
        return [run.state.name for run in self.tasks(run_id)]

    def failures(self) -> list[Failure]:
        return self.harness.reader.failures(self.run().id)

    def logs(self) -> list[LogLine]:
        return self.harness.reader.logs(self.run().id)


@pytest.fixture
def clock() -> FakeClock | None:
    """The system's clock; a module that sets the time itself has a fixture of its own."""
    return None


@pytest.fixture(autouse=True)
def harness(clock: FakeClock | None, request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Open a store and a session for the test; ``@pytest.mark.parametrize`` may give settings to it."""
    with flows_test_harness(clock=clock, **getattr(request, "param", {})) as opened:
        yield opened
        left = still_alive(opened)
    assert not left, f"still alive at the end of the test: {left}"


def still_alive(harness: Harness, seconds: float = 5.0) -> list[str]:
    """The flow runs that have not ended; one without a caller of its own may take a moment."""
    give_up = time.monotonic() + seconds
    while (left := [run.name for run in harness.session.live_runs()]) and time.monotonic() < give_up:
        time.sleep(0.001)
    return left


@pytest.fixture
def history(harness: Harness) -> History:
    return History(harness)


class InThread(threading.Thread):
    """A call in a thread of its own; `result` waits for it and raises what it raised."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        super().__init__(daemon=True)
        self.function, self.args, self.value, self.error = function, args, None, None
        self.start()

    def run(self) -> None:
        try:
            self.value = self.function(*self.args)
        except BaseException as error:
            self.error = error

    def result(self) -> Any:
        self.join(60)
        assert not self.is_alive(), "the call has not ended within 10 s"
        if self.error is not None:
            raise self.error
        return self.value


@pytest.fixture
def in_thread() -> type[InThread]:
    return InThread
