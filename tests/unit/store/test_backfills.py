from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jupyter_flows.errors import BackfillNotFound
from jupyter_flows.model.deployments import BACKFILL, Deployment, DeploymentDefinition
from jupyter_flows.model.states import CANCELLED, State
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.backfill_queue import TickRun, add_backfill, cancel_backfill
from jupyter_flows.store.backfills import Backfills
from jupyter_flows.store.location import open_sql

DAILY = Deployment("d1", 1, DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/"), "", False, 1.0, 1.0)
OTHER = replace(DAILY, id="d2")
FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


@pytest.fixture
def backfills(settings: Settings) -> Iterator[Backfills]:
    sql = open_sql(settings)
    yield Backfills(sql)
    sql.close()


def add(settings: Settings, name: str, days: int, at: float, deployment: Deployment = DAILY) -> None:
    ticks = [FIRST + timedelta(days=day) for day in range(days)]
    runs = [new_run(deployment, at=at, tick=tick, origin=BACKFILL, backfill=name) for tick in ticks]
    with open_queue(settings) as queue:
        add_backfill(queue, name, [TickRun(run, ()) for run in runs], 2, at)


def test_a_backfill_counts_its_runs_and_names_its_range(settings, backfills):
    add(settings, "b1", 3, 5.0)
    found = backfills.get("b1")
    assert (found.deployment_id, found.total, found.left, found.max_active) == ("d1", 3, 3, 2)
    assert (found.first, found.last) == (FIRST.timestamp(), (FIRST + timedelta(days=2)).timestamp())
    assert (found.begun_at, found.states) == (5.0, {"Scheduled": 3})


def test_one_that_is_over_has_no_limit_and_is_none_of_the_unfinished(settings, backfills):
    add(settings, "b1", 3, 5.0)
    add(settings, "b2", 1, 6.0)
    with open_queue(settings) as queue:
        cancel_backfill(queue, "b1", State(CANCELLED, "Cancelled", "", 7.0))
    found = backfills.get("b1")
    assert (found.left, found.max_active, found.states) == (0, None, {"Cancelled": 3})
    assert [one.id for one in backfills.newest(unfinished=True)] == ["b2"]


def test_the_newest_come_first_and_only_those_of_the_deployment(settings, backfills):
    for place, (name, of) in enumerate([("b1", DAILY), ("b2", OTHER), ("b3", DAILY)]):
        add(settings, name, 1, float(place), of)
    assert [one.id for one in backfills.newest()] == ["b3", "b2", "b1"]
    assert [one.id for one in backfills.newest("d1")] == ["b3", "b1"]
    assert [one.id for one in backfills.newest("d1", limit=1)] == ["b3"]


def test_one_that_is_not_there_is_said_so(backfills):
    with pytest.raises(BackfillNotFound, match="no backfill 'b9'"):
        backfills.get("b9")
