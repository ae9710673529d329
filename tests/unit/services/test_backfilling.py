from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_flows.errors import ScheduleError, TargetError
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition, StoredSchedule
from jupyter_flows.schedules import CronSchedule, to_json
from jupyter_flows.services.backfill import Again
from jupyter_flows.services.backfilling import BackfillRange, backfill_of, end_backfill, queue_backfill, runs_of_plan
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_queue, open_reader
from jupyter_flows.store.location import open_sql
from jupyter_flows.store.runs_of_deployments import RunsOfDeployments

MORNING = CronSchedule("0 9 * * *", timezone="Europe/Rome", parameters={"day": "{tick:%Y-%m-%d}"})
SCHEDULES = [StoredSchedule("s1", "d1", ScheduleDefinition("morning", to_json(MORNING)), 1.0, 1.0, None)]
DAILY = Deployment("d1", 1, DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/"), "", False, 1.0, 1.0)
DAYS = BackfillRange("2026-01-01", "2026-01-04")
NOW = datetime(2026, 5, 1, tzinfo=UTC).timestamp()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


@pytest.fixture
def runs(settings: Settings) -> Iterator[RunsOfDeployments]:
    found = RunsOfDeployments(open_sql(settings))
    yield found
    found.close()


def begin(settings: Settings, runs: RunsOfDeployments, wanted: BackfillRange = DAYS) -> tuple[str, list[str]]:
    """Queue what a range would run; return the backfill's id and those of its runs."""
    plan = backfill_of(DAILY, SCHEDULES, runs, wanted, NOW)
    made = runs_of_plan(plan, NOW, {"top": 3})
    with open_queue(settings) as queue:
        queue_backfill(queue, plan, made, 2, NOW)
    return plan.id, [run.created.run_id for run in made]


def test_each_tick_gets_one_run_with_its_own_parameters(settings, runs):
    _, made = begin(settings, runs)
    found = sorted(runs.these(made), key=lambda one: one.queued.tick or 0.0)
    given = [json.loads(one.run.parameters) for one in found]
    assert given == [{"day": f"2026-01-0{day}", "top": 3} for day in (1, 2, 3)]
    assert backfill_of(DAILY, SCHEDULES, runs, DAYS._replace(again=Again.ALL), NOW).to_run == ()


def test_what_nobody_has_begun_ends_at_once_and_its_ticks_are_free_again(settings, runs):
    backfill, made = begin(settings, runs)
    with open_queue(settings) as queue:
        reader = open_reader(settings)
        cancelled = end_backfill(queue, reader, settings, backfill, NOW + 1)
        assert end_backfill(queue, reader, settings, backfill, NOW + 2) == ([], [])
        reader.close()
    assert (sorted(cancelled.ended), cancelled.asked_to_stop) == (sorted(made), [])
    assert {one.run.state.name for one in runs.these(made)} == {"Cancelled"}
    assert len(backfill_of(DAILY, SCHEDULES, runs, DAYS, NOW).to_run) == 3


def test_without_a_schedule_or_a_range_that_can_be_meant_there_is_no_plan(runs):
    with pytest.raises(TargetError, match="no schedule"):
        backfill_of(DAILY, [], runs, DAYS, NOW)
    with pytest.raises(ScheduleError, match="later"):
        backfill_of(DAILY, SCHEDULES, runs, BackfillRange("2026-01-04", "2026-01-01"), NOW)
