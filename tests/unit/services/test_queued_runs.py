from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from jupyter_flows.model.deployments import Deployment, DeploymentDefinition
from jupyter_flows.services import queued_runs
from jupyter_flows.services.queued_runs import QueuedRuns
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.connection import connect

DAILY = Deployment("d1", 1, DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/"), "", False, 1.0, 1.0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_POLL_SECONDS": "0.01"})


@pytest.fixture
def run_ids(settings: Settings) -> list[str]:
    with open_queue(settings) as queue:
        return [create_run(queue, DAILY, at=1.0).run_id for _ in range(3)]


class StandIn:
    """In the place of a runner of this process."""

    made: ClassVar[list[StandIn]] = []

    def __init__(self, _: Settings, options: Any) -> None:
        self.options, self.stopped = options, []
        self.made.append(self)

    def start(self) -> None:
        """Execute nothing."""

    def stop(self, timeout: float | None = None) -> None:
        self.stopped.append(timeout)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[StandIn]:
    StandIn.made = []
    monkeypatch.setattr(queued_runs, "Runner", StandIn)
    return StandIn.made


def change(settings: Settings, statement: str, *values: object) -> None:
    path = settings.database_path
    assert path is not None
    connection = connect(path)
    connection.execute(statement, values)
    connection.close()


def claim(settings: Settings, run_id: str) -> None:
    change(settings, "UPDATE deployment_runs SET runner_id = 'r' WHERE run_id = ?", run_id)


def end(settings: Settings, run_id: str) -> None:
    change(
        settings,
        "UPDATE flow_runs SET state_kind = 'completed', state_name = 'Completed', ended_at = 2 WHERE id = ?",
        run_id,
    )
    change(settings, "UPDATE deployment_runs SET done_at = 2 WHERE run_id = ?", run_id)


def test_where_no_runner_is_there_this_process_executes_these_runs_only(settings, run_ids, stand_in):
    with QueuedRuns(settings, run_ids[:2], workers=2) as queued:
        assert queued.executes_here
    (made,) = stand_in
    assert (made.options.workers, made.options.only) == (2, frozenset(run_ids[:2]))
    assert made.stopped == [0.0]  # at once, because something was left


def test_where_one_is_there_nothing_is_executed_here_until_it_is_gone(settings, run_ids, stand_in, monkeypatch):
    there = [object()]
    monkeypatch.setattr(queued_runs, "live_runners", lambda *_: there)
    with QueuedRuns(settings, run_ids) as queued:
        assert not queued.executes_here
        there.clear()
        assert queued.wait() == []
        assert queued.executes_here
    assert len(stand_in) == 1


def test_each_run_is_told_once_when_it_is_over(settings, run_ids):
    with QueuedRuns(settings, run_ids) as queued:
        claim(settings, run_ids[1])
        assert queued.wait() == []
        assert [one.run.id for one in queued.running] == [run_ids[1]]
        end(settings, run_ids[1])
        assert [one.run.id for one in queued.wait()] == [run_ids[1]]
        assert queued.wait() == []
        assert (queued.left, queued.running) == (2, [])


def test_what_is_cancelled_before_it_begins_is_over_at_once(settings, run_ids, stand_in):
    with QueuedRuns(settings, run_ids) as queued:
        assert [one.run.state.name for one in queued.cancel()] == ["Cancelled"] * 3
        assert queued.left == 0
    assert stand_in[0].stopped == [None]
