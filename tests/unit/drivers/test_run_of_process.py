from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jupyter_flows import flow, runtime, task
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.drivers.run_of_process import occasion_of_process, run_of_process, variables_for_kernel
from jupyter_flows.model.occasion import Occasion
from jupyter_flows.testing import flows_test_harness

TICK = datetime(2026, 3, 29, 9, tzinfo=ZoneInfo("Europe/Rome"))


def told(occasion: Occasion | None) -> dict[str, str]:
    @flow(name="daily", tags=["night"])
    def daily() -> dict[str, str]:
        frame = current_frame()
        assert frame is not None
        frame.run.occasion = occasion
        return variables_for_kernel(frame.run)

    with flows_test_harness("memory"):
        return daily()


def test_a_kernel_knows_the_run_that_it_works_for_and_its_tick(monkeypatch: pytest.MonkeyPatch):
    occasion = Occasion("every morning", TICK, datetime(2026, 3, 29, 7, tzinfo=UTC))
    for name, value in told(occasion).items():
        monkeypatch.setenv(name, value)
    run = runtime.flow_run
    assert run is not None
    assert (run.flow_name, run.kind, run.run_count, run.tags) == ("daily", "flow", 1, ("night",))
    assert run.id == run.flow_run_id
    assert (run.deployment, run.tick, run.scheduled_at) == ("every morning", TICK, occasion.scheduled_at)
    assert run.tick is not None
    assert str(run.tick.tzinfo) == "Europe/Rome"
    assert occasion_of_process() == occasion
    assert runtime.task_run is None


def test_a_run_of_no_deployment_has_no_tick(monkeypatch: pytest.MonkeyPatch):
    for name, value in told(None).items():
        monkeypatch.setenv(name, value)
    run = run_of_process()
    assert run is not None
    assert (run.deployment, run.tick, run.scheduled_at) == ("", None, None)
    assert occasion_of_process() is None


def test_without_a_run_there_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JUPYTER_FLOWS_PARENT_RUN_ID", raising=False)
    assert run_of_process() is None
    assert runtime.flow_run is None


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"tick": ["yesterday", ""]}', '{"attempt": "x"}'])
def test_what_somebody_else_has_set_there_is_passed_over(monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setenv("JUPYTER_FLOWS_PARENT_RUN_ID", "run-1")
    monkeypatch.setenv("JUPYTER_FLOWS_PARENT_RUN", text)
    run = run_of_process()
    assert run is not None
    assert (run.id, run.tick) == ("run-1", None)


def test_tasks_and_flows_inside_know_the_tick_of_the_run_around_them():
    @task
    def tick_of_task() -> datetime | None:
        assert runtime.task_run is not None
        return runtime.task_run.tick

    @flow
    def inner() -> tuple[str, datetime | None]:
        assert runtime.flow_run is not None
        return runtime.flow_run.deployment, runtime.flow_run.tick

    @flow
    def outer() -> list[object]:
        frame = current_frame()
        assert frame is not None
        frame.run.occasion = Occasion("mornings", TICK)
        return [tick_of_task(), inner()]

    with flows_test_harness("memory"):
        assert outer() == [TICK, ("mornings", TICK)]
