"""The harness and the clock that users' tests are given."""

# What a type checker would refuse is among the cases.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import pytest

from jupyter_flows import flow, task
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.testing import FakeClock, flows_test_harness
from jupyter_flows.wiring import current_session, current_settings


@task
def one():
    return 1


@flow
def adds():
    return one() + one()


@pytest.mark.parametrize("store", ["sqlite", "memory"])
def test_each_harness_has_an_empty_store_of_its_own(store):
    for _ in range(2):
        with flows_test_harness(store) as harness:
            assert harness.reader.flow_runs(RunFilter()) == []
            assert adds() == 2
            (run,) = harness.reader.flow_runs(RunFilter())
            assert (run.flow, run.serial, len(harness.reader.task_runs(run.id))) == ("adds", 1, 2)


def test_the_settings_and_the_session_are_put_back():
    with flows_test_harness(max_workers=3):
        outer = current_settings()
        with flows_test_harness("memory", max_workers=1) as inner:
            assert current_settings() is inner.settings
            assert inner.settings.max_workers == 1
            session = current_session()
            adds()
        assert current_settings() is outer
        assert current_session() is not session
        assert adds() == 2


def test_the_folder_is_gone_afterwards():
    with flows_test_harness() as harness:
        adds()
        assert harness.settings.database_path.is_file()
    assert not harness.settings.flows_dir.parent.exists()


def test_it_is_closed_after_an_error_too():
    with pytest.raises(ZeroDivisionError), flows_test_harness() as harness:
        raise ZeroDivisionError
    assert not harness.settings.flows_dir.parent.exists()


def test_an_unknown_store_is_refused():
    with pytest.raises(ValueError, match="use 'sqlite' or 'memory'"), flows_test_harness("postgres"):
        pass


def test_a_clock_stands_still_until_it_is_advanced():
    clock = FakeClock(start=100.0)
    assert (clock.time(), clock.monotonic()) == (100.0, 0.0)
    clock.advance(2.5)
    assert (clock.time(), clock.monotonic()) == (102.5, 2.5)
    with pytest.raises(ValueError, match="cannot be advanced by -1 s"):
        clock.advance(-1)


def test_what_is_recorded_has_the_clocks_time():
    with flows_test_harness(clock=FakeClock(start=1000.0)) as harness:
        adds()
        (run,) = harness.reader.flow_runs(RunFilter())
        assert (run.created_at, run.started_at, run.ended_at) == (1000.0, 1000.0, 1000.0)
        assert {change.state.at for change in harness.reader.states(run.id)} == {1000.0}
