from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jupyter_flows.errors import RunNotFound, ScheduleError
from jupyter_flows.model.deployments import BACKFILL, MANUAL, Deployment, DeploymentDefinition
from jupyter_flows.model.states import SCHEDULED
from jupyter_flows.services.scheduled_runs import create_run, new_run
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_queue, open_reader

NOW = datetime(2027, 3, 29, 7, tzinfo=UTC).timestamp()
DEFINITION = DeploymentDefinition(
    name="daily",
    flow="report",
    kind="notebook",
    target="/reports/report.ipynb",
    directory="/reports",
    parameters={"day": "{today}", "limit": 3},
    tags=("flights",),
    priority=5,
)
DEPLOYMENT = Deployment("d1", 2, DEFINITION, "digest", False, 1.0, 1.0)


def test_a_run_waits_in_the_store_as_scheduled_and_nobody_owns_it(tmp_path: Path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    with open_queue(settings) as queue:
        made = create_run(queue, DEPLOYMENT, at=NOW, parameters={"limit": 4}, due_at=NOW + 60)
        assert queue.run(made.run_id) == made
        with pytest.raises(RunNotFound):
            queue.run("no-such-run")
    assert (made.deployment_id, made.version, made.origin, made.priority) == ("d1", 2, MANUAL, 5)
    assert (made.due_at, made.tick, made.runner_id, made.done_at) == (NOW + 60, None, None, None)
    reader = open_reader(settings)
    run = reader.flow_run(made.run_id)
    assert (run.flow, run.kind, run.entry, run.tags, run.serial) == (
        "report",
        "notebook",
        DEFINITION.target,
        ("flights",),
        1,
    )
    assert json.loads(run.parameters) == {"day": "2027-03-29", "limit": 4}
    assert (run.owner, run.attempts, run.lease_until, run.state_version) == (None, 0, NOW + 60, 1)
    (entered,) = reader.states(run.id)
    assert (entered.state.kind, entered.state.name, entered.state.at, entered.attempt) == (
        SCHEDULED,
        "Scheduled",
        NOW,
        0,
    )
    reader.close()


def test_templates_are_filled_with_the_tick_in_its_own_zone():
    tick = datetime(2027, 3, 28, 0, 30, tzinfo=ZoneInfo("Europe/Rome"))
    before = tick.replace(day=27)
    made = new_run(
        DEPLOYMENT,
        at=NOW,
        parameters={"since": "{previous_tick:%F %H}", "hour": "{tick:%H %Z}"},
        origin=BACKFILL,
        tick=tick,
        previous_tick=before,
        backfill="b1",
        priority=1,
    )
    assert json.loads(made.created.parameters) == {
        "day": "2027-03-28",
        "limit": 3,
        "since": "2027-03-27 00",
        "hour": "00 CET",
    }
    assert (made.queued.tick, made.queued.backfill, made.queued.priority) == (tick.timestamp(), "b1", 1)


def test_a_template_that_cannot_be_filled_is_refused_before_anything_is_written(tmp_path: Path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    with open_queue(settings) as queue, pytest.raises(ScheduleError, match="previous"):
        create_run(queue, DEPLOYMENT, at=NOW, parameters={"since": "{previous_tick}"})
    reader = open_reader(settings)
    assert reader.counts()["flow_runs"] == 0
    reader.close()


def test_a_waiting_run_that_is_cancelled_leaves_the_queue(tmp_path: Path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    with open_queue(settings) as queue:
        made = create_run(queue, DEPLOYMENT, at=NOW)
        reader = open_reader(settings)
        assert reader.request_cancel(made.run_id, NOW + 1).state.name == "Cancelled"
        assert queue.run(made.run_id).done_at == NOW + 1
        reader.close()
