"""Having a runner run a deployment: the run in the queue, the wait for it, and its link to the flow around."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from jupyter_flows import flow, run_deployment
from jupyter_flows.authoring import running_deployment
from jupyter_flows.errors import BadOption, DeploymentNotFound, ParameterError, ScheduleError
from jupyter_flows.model.states import CANCELLED
from jupyter_flows.testing import Harness, flows_test_harness
from jupyter_flows.wiring import current_queue


@flow
def daily(day: date = date(2020, 1, 1), factor: int = 2) -> int:
    return factor


@pytest.fixture
def harness() -> Iterator[Harness]:
    with flows_test_harness(poll_seconds=0.05) as harness:
        daily.deploy("d", parameters={"factor": 3})
        yield harness


def test_a_run_waits_in_the_queue_for_a_runner(harness: Harness):
    run = run_deployment("d", {"day": date(2013, 1, 15)}, timeout=0)
    assert (run.state.name, run.run.flow, run.name.startswith("d-")) == ("Scheduled", "daily", True)
    assert json.loads(run.run.parameters) == {"factor": 3, "day": "2013-01-15"}
    with current_queue() as queue:
        assert queue.run(run.id).origin == "manual"


def test_it_may_start_later(harness: Harness):
    at = datetime(2030, 1, 1, tzinfo=UTC)
    run = run_deployment("d", {"day": "{tick-1d:%F}"}, timeout=0, scheduled_time=at)
    assert json.loads(run.run.parameters)["day"] == "2029-12-31"
    with current_queue() as queue:
        assert queue.run(run.id).due_at == at.timestamp()
    naive = run_deployment("d", timeout=0, scheduled_time=at.replace(tzinfo=None))
    with current_queue() as queue:
        assert queue.run(naive.id).due_at == at.timestamp()


def test_the_wait_ends_with_the_run(harness: Harness, monkeypatch: pytest.MonkeyPatch):
    def cancel(seconds: float) -> None:
        (run,) = harness.reader.flow_runs(_unfiltered())
        harness.reader.request_cancel(run.id, 1e9)

    monkeypatch.setattr(running_deployment.time, "sleep", cancel)
    assert run_deployment("d").state.kind is CANCELLED


def test_it_is_said_once_where_nobody_takes_it(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    past = datetime(2020, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(running_deployment.time, "sleep", lambda seconds: None)
    assert run_deployment("d", timeout=0.05, scheduled_time=past).state.name == "Late"
    assert ["jupyter flows runner" in record.message for record in caplog.records] == [True]


def test_inside_a_flow_the_run_is_linked_to_it(harness: Harness):
    @flow
    def around() -> str:
        return run_deployment("d", timeout=0).id

    child = around()
    found = harness.reader.flow_run(child)
    assert harness.reader.flow_run(found.parent_run_id or "").flow == "around"


def test_a_resumed_flow_waits_for_the_run_that_it_had_asked_for(harness: Harness):
    seen: list[str] = []

    @flow
    def around() -> str:
        seen.append(run_deployment("d", timeout=0).id)
        if len(seen) == 1:
            raise RuntimeError("once")
        return seen[-1]

    around(return_state=True)
    assert around.resume() == seen[0]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("name", "options", "error", "told"),
    [
        ("e", {}, DeploymentNotFound, "no deployment 'e'"),
        ("d", {"timeout": -1}, BadOption, "give seconds from 0 up, or None"),
        ("d", {"parameters": {"factor": object()}}, ParameterError, "factor: a object has no JSON form"),
        ("d", {"parameters": {"day": "{tick:%F"}}, ParameterError, "never closed"),
        ("d", {"parameters": {"day": "{previous_tick}"}}, ScheduleError, "no tick before"),
        ("d", {"parameters": {"day": "ghp_" + "a" * 36}}, ParameterError, "looks like a GitHub token"),
    ],
)
def test_what_cannot_be_meant_is_refused(harness: Harness, name: str, options: Any, error: Any, told: str):
    with pytest.raises(error, match=told):
        run_deployment(name, **{"timeout": 0, **options})
    assert harness.reader.flow_runs(_unfiltered()) == []


def _unfiltered() -> Any:
    from jupyter_flows.model.runs import RunFilter

    return RunFilter()
