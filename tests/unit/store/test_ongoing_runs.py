from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from benchmarks.answers import fill
from jupyter_flows.model.overview import Progress, Usual
from jupyter_flows.model.records import FlowRunCreated, StateEntered, TaskRunCreated
from jupyter_flows.model.states import COMPLETED, FAILED, RUNNING
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_ended_runs, open_sql, open_writer
from jupyter_flows.store.called import Whose
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.ongoing_runs import OngoingRuns, change_mark

OWNER = this_owner("of-this-test")


@pytest.fixture
def settings(tmp_path):
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


@pytest.fixture
def writer(settings):
    opened = open_writer(settings)
    yield opened
    opened.close()


@pytest.fixture
def sql(settings):
    opened = open_sql(settings)
    yield opened
    opened.close()


def begun(run_id, at, flow="daily"):
    created = FlowRunCreated(run_id, run_id, flow, "flow", "1", "{}", (), None, 0, None, OWNER, at)
    return [created, StateEntered(run_id, 0, 1, RUNNING, "Running", "", at, 1)]


def task(run_id, number, at, *, end=None):
    created = TaskRunCreated(run_id, number, f"t{number}", "t", "task", (), "", 0, 0, 0, at)
    records = [created, StateEntered(run_id, number, 1, RUNNING, "Running", "", at, 1)]
    return records if end is None else [*records, StateEntered(run_id, number, 2, end, "X", "", at + 1, 1)]


def ended(run_id, at, took):
    return [*begun(run_id, at), StateEntered(run_id, 0, 2, COMPLETED, "Completed", "", at + took, 1)]


def commit(writer, **batch):
    assert not writer.commit(batch, OWNER, time.time() + 60, durable=False)


def test_progress_counts_what_has_ended_failed_and_runs(writer, sql):
    tasks = [*task("a", 1, 2.0, end=COMPLETED), *task("a", 2, 3.0, end=FAILED), *task("a", 3, 5.0), *task("a", 4, 4.0)]
    commit(writer, a=[*begun("a", 1.0), *tasks], b=begun("b", 2.0))
    assert OngoingRuns(sql).progress(["a", "b"]) == {"a": Progress(4, 2, 1, ("t4", "t3"), 2)}


def test_only_unfinished_runs_of_the_flow_are_listed_the_first_one_first(writer, sql):
    commit(writer, a=begun("a", 2.0), b=ended("b", 1.0, 1.0), c=begun("c", 1.0), d=begun("d", 1.0, "other"))
    assert [run.id for run in OngoingRuns(sql, Whose("daily")).unfinished()] == ["c", "a"]


def test_what_is_usual_is_the_median_of_completed_runs(writer, sql):
    commit(writer, a=ended("a", 1.0, 10.0), b=ended("b", 2.0, 90.0), c=[*ended("c", 3.0, 20.0), *task("c", 1, 3.0)])
    assert OngoingRuns(sql).usual("daily") == Usual(20.0, 1)
    assert OngoingRuns(sql).usual("nobody") is None


def test_a_change_is_noticed_only_when_somebody_wrote(writer, sql):
    with change_mark(sql) as mark:
        first = mark.read()
        OngoingRuns(sql).unfinished()
        assert mark.read() == first
        commit(writer, a=begun("a", 1.0))
        assert mark.read() != first


def test_ended_runs_are_those_of_the_flow_since_an_instant(tmp_path, settings):
    now = time.time()
    fill(tmp_path, runs=10, tasks=3, days=10.0, now=now)
    reads = open_ended_runs(settings)
    assert len(list(reads.flow_runs(0.0))) == 10
    assert len(list(reads.task_runs(0.0, Whose("weather")))) == 6
    assert {run.flow for run in reads.flow_runs(0.0, Whose("weather"))} == {"weather"}
    assert len(list(reads.flow_runs(now - 5.5 * 86_400))) == 6
    reads.close()


def test_a_run_whose_process_is_dead_counts_as_ended(writer, settings):
    dead = replace(OWNER, process_started="1")
    born, running = begun("a", time.time())
    writer.commit({"a": [born._replace(owner=dead), running]}, dead, time.time() - 60, durable=False)
    commit(writer, b=begun("b", time.time()))
    reads = open_ended_runs(settings)
    assert [(run.flow, run.state_name) for run in reads.flow_runs(0.0)] == [("daily", "Crashed")]
    reads.close()


def test_statistics_and_the_doctor_load_no_sqlalchemy(tmp_path):
    fill(tmp_path, runs=2, tasks=1)
    code = (
        "import sys; from jupyter_flows.cli.main import main; main(['stats', '--tasks']); main(['doctor', '--quick']); "
        "assert 'sqlalchemy' not in sys.modules"
    )
    environment = {**os.environ, "JUPYTER_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)
