"""Modules of the guides whose names do more than stand for ours."""

# The values of these calls are outcomes: no type checker can know what they have.
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jupyter_flows.authoring.history import find_run
from jupyter_flows.compat import flow, task
from jupyter_flows.compat.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from jupyter_flows.compat.events import emit_event
from jupyter_flows.compat.runtime import flow_run, task_run
from jupyter_flows.compat.schedules import Cron, CronSchedule, Interval, IntervalSchedule
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.store import open_events
from jupyter_flows.testing import Harness, flows_test_harness
from jupyter_flows.wiring import current_deployments

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def harness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    with flows_test_harness() as harness:
        monkeypatch.setenv("JUPYTER_FLOWS_DIR", str(harness.settings.flows_dir))
        yield harness


@flow
def nightly(day: int = 1) -> int:
    return day


def test_facts_of_a_run_are_asked_when_there_is_one():
    @task
    def told() -> tuple[Any, ...]:
        return flow_run.name, flow_run.parameters, flow_run.parent_flow_run_id, task_run.task_name

    @flow(flow_run_name="first")
    def asks(x: int) -> Any:
        return flow_run.id, told()

    assert (flow_run.id, task_run.name, flow_run.scheduled_start_time) == (None, None, None)
    run_id, found = asks(3).result()
    assert found == ("first", {"x": 3}, None, "told")
    assert find_run(run_id).name == "first"
    with pytest.raises(AttributeError, match="no 'colour' of a flow run"):
        _ = flow_run.colour


def test_every_artifact_of_the_guides_is_attached(harness: Harness):
    @flow
    def attaches() -> None:
        create_markdown_artifact("# Rows", key="note", description="what came")
        create_table_artifact([{"x": 1}], key="rows")
        create_link_artifact("https://example.com", "the source", key="link")
        create_image_artifact("https://example.com/a.png", key="picture")
        update_progress_artifact(create_progress_artifact(25.0), 50.0)

    attaches()
    (run,) = harness.reader.flow_runs(RunFilter())
    found = harness.reader.artifacts(run.id)[::-1]
    assert [one.key for one in found][:4] == ["note", "rows", "link", "picture"]
    assert [one.description for one in found][:3] == ["what came", "", "the source"]
    assert len({one.key for one in found[4:]}) == 1


@pytest.mark.parametrize(
    ("resource", "kept"),
    [({"prefect.resource.id": "table.rows"}, "table.rows"), ("table.rows", "table.rows"), ({}, "")],
)
def test_an_event_keeps_the_id_of_its_resource(harness: Harness, resource: Any, kept: str):
    number = emit_event(event="rows.loaded", resource=resource, payload={"n": 3})
    with open_events(harness.settings) as events:
        (event,) = [one for one in events.after(0, 10) if one.id == number]
    assert (event.name, event.resource) == ("rows.loaded", kept)


@pytest.mark.parametrize(
    ("schedule", "ticks"),
    [
        (IntervalSchedule(NEW_YEAR, timedelta(hours=1), NEW_YEAR + timedelta(hours=1)), ["00:00", "01:00"]),
        (IntervalSchedule(interval=timedelta(hours=12)), ["00:00", "12:00", "00:00"]),
        (IntervalSchedule(timedelta(hours=12)), ["00:00", "12:00", "00:00"]),
        (Interval(43200, timezone="UTC"), ["00:00", "12:00", "00:00"]),
        (CronSchedule("0 9 * * *", start_date=NEW_YEAR, end_date=NEW_YEAR + timedelta(days=1)), ["09:00"]),
        (Cron("0 9 * * *", timezone="UTC"), ["09:00", "09:00", "09:00"]),
    ],
)
def test_schedules_take_the_words_of_the_guides(schedule: Any, ticks: list[str]):
    found = schedule.next(3, after=NEW_YEAR - timedelta(seconds=1))
    assert [f"{tick:%H:%M}" for tick in found] == ticks


def test_a_flow_is_deployed_by_its_own_words():
    with pytest.warns(UserWarning, match="work_queue_name means nothing here"):
        stored = nightly.deploy("by-night", cron="0 2 * * *", work_queue_name="default")
    assert (stored.name, stored.version) == ("by-night", 1)
    assert nightly.to_deployment("later", parameters={"day": 2}).apply() != stored.id
    assert nightly.to_deployment().name == "nightly"
    with current_deployments() as deployments:
        assert sorted(one.definition.name for one in deployments.all()) == ["by-night", "later"]


@pytest.mark.parametrize("decorate", [task, flow])
def test_options_that_only_others_need_are_left_out_with_a_warning(decorate: Any):
    with pytest.warns(UserWarning, match="result_storage means nothing here"):
        one = decorate(result_storage="local-file-system/disk")(lambda: 1)
    assert one() == 1
