from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_flows.model.deployments import BACKFILL, Deployment, DeploymentDefinition
from jupyter_flows.model.states import CANCELLED, State
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.backfill_queue import TickRun, add_backfill, cancel_backfill
from jupyter_flows.store.claiming import backfill_limit
from jupyter_flows.store.queue import Queue

DAILY = Deployment("d1", 1, DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/"), "", False, 1.0, 1.0)
NOON = 1_577_880_000.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


@pytest.fixture
def queue(settings: Settings) -> Iterator[Queue]:
    with open_queue(settings) as opened:
        yield opened


def runs(backfill: str, *ticks: float) -> list[TickRun]:
    made = [
        new_run(DAILY, at=NOON, origin=BACKFILL, tick=datetime.fromtimestamp(tick, UTC), backfill=backfill)
        for tick in ticks
    ]
    return [TickRun(one, ("s1", "s2")) for one in made]


def limits(queue: Queue) -> list[tuple[str, int]]:
    return queue.file.read("SELECT name, slots FROM limits ORDER BY name")


def test_a_backfill_decides_its_ticks_so_that_no_planner_runs_them_again(queue: Queue):
    made = runs("b1", NOON, NOON + 60)
    add_backfill(queue, "b1", made, 2, NOON)
    assert queue.run(made[0].run.created.run_id).backfill == "b1"
    for schedule in ("s1", "s2"):
        assert [(one.at, one.outcome) for one in queue.ticks(schedule)] == [(NOON + 60, "run"), (NOON, "run")]
    assert limits(queue) == [(backfill_limit("b1"), 2)]


def test_what_was_decided_before_stays_as_it_was(queue: Queue):
    first, second = runs("b1", NOON), runs("b2", NOON)
    add_backfill(queue, "b1", first, 1, NOON)
    add_backfill(queue, "b2", second, 1, NOON)
    assert [one.run_id for one in queue.ticks("s1")] == [first[0].run.created.run_id]


def test_limits_of_backfills_that_are_over_go_with_the_next_one(queue: Queue):
    add_backfill(queue, "b1", runs("b1", NOON), 1, NOON)
    add_backfill(queue, "b2", runs("b2", NOON), 3, NOON)
    assert limits(queue) == [(backfill_limit("b1"), 1), (backfill_limit("b2"), 3)]
    cancel_backfill(queue, "b1", State(CANCELLED, "Cancelled", "", NOON))
    add_backfill(queue, "b3", [], 1, NOON)
    assert limits(queue) == [(backfill_limit("b2"), 3), (backfill_limit("b3"), 1)]


def test_what_nobody_has_begun_is_cancelled_and_nothing_else(queue: Queue):
    made = runs("b1", NOON, NOON + 60)
    claimed, waiting = (one.run.created.run_id for one in made)
    other = runs("b2", NOON)
    add_backfill(queue, "b1", made, 2, NOON)
    add_backfill(queue, "b2", other, 2, NOON)
    with queue.file.writing() as connection:
        connection.execute("UPDATE deployment_runs SET runner_id = 'r' WHERE run_id = ?", (claimed,))
    assert cancel_backfill(queue, "b1", State(CANCELLED, "Cancelled", "enough", NOON)) == [waiting]
    assert queue.run(waiting).done_at == NOON
    assert queue.run(claimed).done_at is None
    assert queue.run(other[0].run.created.run_id).done_at is None
