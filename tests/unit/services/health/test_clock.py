from __future__ import annotations

import time

import pytest

from benchmarks.answers import fill
from jupyter_flows.services.health import clock
from jupyter_flows.services.health.clock import look_at_clock
from jupyter_flows.services.health.finding import FAIL, OK, WARN
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_sql


@pytest.fixture
def drift(monkeypatch):
    told = [0.0]
    monkeypatch.setattr(clock, "_drift", lambda: told[0])
    return told


def found(sql=None):
    return {one.about: one for one in look_at_clock(sql)}


@pytest.mark.parametrize(("by", "level"), [(0.0, OK), (0.5, WARN), (-0.5, WARN)])
def test_a_clock_that_jumps_is_told(drift, by, level):
    drift[0] = by
    assert found()["clock"].level == level
    assert found()["time zone"].level == OK


def test_a_clock_is_looked_at_again_only_where_it_seems_to_jump(monkeypatch):
    told = [0.5, -0.4, 0.001]
    monkeypatch.setattr(clock, "_drift", lambda: told.pop(0))
    assert found()["clock"].level == OK
    assert told == []
    told[:] = [0.0, 0.5]
    assert found()["clock"].level == OK
    assert told == [0.5]


@pytest.mark.parametrize(("ahead", "level"), [(-86_400.0, OK), (7200.0, WARN)])
@pytest.mark.usefixtures("drift")
def test_a_run_of_the_future_tells_that_the_clock_was_set_back(tmp_path, ahead, level):
    fill(tmp_path, runs=1, tasks=1, days=0.0, now=time.time() + ahead)
    sql = open_sql(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)}))
    assert found(sql)["clock"].level == level
    sql.close()


@pytest.mark.usefixtures("drift")
def test_a_clock_that_starts_in_1970_fails(monkeypatch):
    monkeypatch.setattr(clock.time, "time", lambda: 1000.0)
    assert found()["clock"].level == FAIL
