from __future__ import annotations

from jupyter_flows import flow, task
from jupyter_flows.authoring.history import latest_run
from jupyter_flows.services.called_runs import CalledRuns
from jupyter_flows.testing import flows_test_harness


@task
def one():
    return 1


@flow
def inner():
    return one()


@flow
def outer():
    return inner() + inner()


def test_called_runs_come_oldest_first_and_ended_ones_are_read_once():
    with flows_test_harness(store="sqlite") as harness:
        outer()
        runs = CalledRuns(harness.reader)
        called = runs.called_by(latest_run("outer").id)
        assert [run.serial for run in called] == [1, 2]
        record = runs.record(called[0])
        assert [run.task for run in record[0]] == ["one"]
        assert runs.record(called[0]) is record
