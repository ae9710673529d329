from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_flows.model.deployments import BACKFILL, Deployment, DeploymentDefinition
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.location import open_sql
from jupyter_flows.store.runs_of_deployments import RunsOfDeployments

DAILY = Deployment("d1", 1, DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/"), "", False, 1.0, 1.0)
OTHER = replace(DAILY, id="d2")
NOON = 1_577_880_000.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


@pytest.fixture
def runs(settings: Settings) -> Iterator[RunsOfDeployments]:
    found = RunsOfDeployments(open_sql(settings))
    yield found
    found.close()


def made(settings: Settings, deployment: Deployment, at: float, tick: float | None = None) -> str:
    with open_queue(settings) as queue:
        told = None if tick is None else datetime.fromtimestamp(tick, UTC)
        return create_run(queue, deployment, at=at, tick=told, origin=BACKFILL, backfill="b1").run_id


def test_the_newest_come_first_and_only_those_of_the_deployment(settings, runs):
    first, second = made(settings, DAILY, NOON), made(settings, DAILY, NOON + 1)
    made(settings, OTHER, NOON + 2)

    found = runs.newest("d1")

    assert [one.run.id for one in found] == [second, first]
    assert [one.run.id for one in runs.newest("d1", 1)] == [second]
    assert (found[0].queued.origin, found[0].queued.backfill, found[0].run.flow) == ("backfill", "b1", "f")


def test_the_last_run_of_each_is_found_at_once(settings, runs):
    made(settings, DAILY, NOON)
    expected = {"d1": made(settings, DAILY, NOON), "d2": made(settings, OTHER, NOON)}
    assert {of: one.run.id for of, one in runs.last_of_each().items()} == expected


def test_runs_are_found_by_their_tick_with_both_ends(settings, runs):
    ids = [made(settings, DAILY, NOON, NOON + hour) for hour in range(4)]
    made(settings, DAILY, NOON)
    assert [one.run.id for one in runs.of_ticks("d1", NOON + 1, NOON + 2)] == ids[1:3]


def test_runs_of_given_ids_are_found_and_others_left_out(settings, runs):
    one = made(settings, DAILY, NOON)
    assert [found.run.id for found in runs.these([one, "nothing"])] == [one]
    assert runs.these([]) == []
