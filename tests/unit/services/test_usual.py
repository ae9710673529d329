from __future__ import annotations

import pytest

from jupyter_flows import flow, task
from jupyter_flows.authoring.history import latest_run
from jupyter_flows.services.usual import usual_seconds
from jupyter_flows.testing import flows_test_harness

_fails = False


@task
def load():
    return [1, 2]


@task
def score(x):
    if _fails:
        raise ValueError(x)
    return x


@flow
def daily():
    return [future.result() for future in score.map(load())]


@pytest.fixture
def harness():
    with flows_test_harness() as harness:
        yield harness


def test_what_is_usual_is_told_of_tasks_and_whole_maps_from_the_second_run_on(harness):
    daily()
    assert usual_seconds(harness.reader, latest_run("daily").run) == {}
    daily()
    assert usual_seconds(harness.reader, latest_run("daily").run) == {}
    daily()
    found = usual_seconds(harness.reader, latest_run("daily").run)
    assert set(found) == {("load", False), ("score", True)}
    assert all(seconds >= 0 for seconds in found.values())


def test_a_run_that_failed_says_nothing_of_what_is_usual(harness, monkeypatch):
    monkeypatch.setitem(globals(), "_fails", True)
    for _ in range(3):
        daily(return_state=True)
    assert usual_seconds(harness.reader, latest_run("daily").run) == {}
