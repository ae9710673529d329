"""What the queue forgets: what belongs to nobody any more, and nothing that a planner or a runner still needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_flows.model.deployments import Deployment, DeploymentDefinition
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.queue import Queue
from jupyter_flows.store.queue_retention import Forgotten, forget, open_runs

DAILY = Deployment("d1", 1, DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/"), "", False, 1.0, 1.0)
NOW = 1_577_880_000.0


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with open_queue(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})) as opened:
        yield opened


def add(queue: Queue, *, done: bool = False) -> str:
    made = new_run(DAILY, at=NOW)
    queue.add([made])
    run_id = made.created.run_id
    if done:
        write(queue, "UPDATE deployment_runs SET done_at = ? WHERE run_id = ?", NOW, run_id)
    return run_id


def write(queue: Queue, statement: str, *values: object) -> None:
    with queue.file.writing() as connection:
        connection.execute(statement, values)


def tick(queue: Queue, at: float, run_id: str | None, schedule: str = "s1") -> None:
    outcome = "run" if run_id else "missed"
    write(queue, "INSERT INTO ticks VALUES (?, ?, ?, ?, NULL, ?)", schedule, at, run_id, outcome, at)


def left(queue: Queue) -> list[float]:
    return [at - NOW for (at,) in queue.file.read("SELECT at FROM ticks ORDER BY at")]


def test_ticks_go_with_their_runs_and_old_ones_that_had_none(queue: Queue):
    kept, goes = add(queue, done=True), add(queue, done=True)
    tick(queue, NOW - 100, kept)
    tick(queue, NOW - 90, None)
    tick(queue, NOW - 80, "gone before")
    tick(queue, NOW - 10, goes)
    tick(queue, NOW - 5, None)
    assert forget(queue, NOW - 50, [goes], dry_run=True) == Forgotten(3, 1, 0)
    assert len(left(queue)) == 5
    assert forget(queue, NOW - 50, [goes]) == Forgotten(3, 1, 0)
    assert left(queue) == [-100, -5]
    assert queue.file.read("SELECT run_id FROM deployment_runs") == [(kept,)]
    assert forget(queue, NOW - 50, []) == Forgotten(0, 0, 0)


def test_what_a_backfill_has_run_ahead_of_the_schedule_stays_decided(queue: Queue):
    columns = "id, deployment_id, name, definition, catchup, overlap, paused, created_at, planned_at"
    write(queue, f"INSERT INTO schedules ({columns}) VALUES ('s1', 'd1', 'a', '', '', '', 0, 0, ?)", NOW)
    tick(queue, NOW, "gone")
    tick(queue, NOW + 60, "gone")
    tick(queue, NOW + 60, "gone", schedule="deleted")
    assert forget(queue, NOW + 99, []).ticks == 2
    assert left(queue) == [60]


def test_a_run_whose_next_attempt_is_to_come_keeps_its_place_and_its_runner(queue: Queue):
    waits = add(queue)
    assert open_runs(queue) == {waits}
    write(queue, "UPDATE deployment_runs SET runner_id = 'busy'")
    for name, stopped in (("busy", NOW - 9), ("old", NOW - 9), ("new", NOW), ("there", None)):
        values = (name, "h", "b", 1, "1", 1, NOW, NOW, stopped)
        write(queue, f"INSERT INTO runners VALUES ({', '.join('?' * 9)}, NULL)", *values)
    assert forget(queue, NOW - 5, [waits]) == Forgotten(0, 0, 1)
    assert queue.file.read("SELECT id FROM runners ORDER BY id") == [("busy",), ("new",), ("there",)]
    assert open_runs(queue) == {waits}
