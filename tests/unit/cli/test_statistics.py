from __future__ import annotations

import time

import pytest

from jupyter_flows.model.states import failed
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.waiting_end import end_waiting


@pytest.mark.usefixtures("runs")
def test_stats_counts_each_flow(as_json):
    found = {one["flow"]: one for one in as_json("stats")["flows"]}
    assert {name: (one["runs"], one["completed"], one["failed"]) for name, one in found.items()} == {
        "doubling": (2, 1, 1),
        "on-its-own": (1, 0, 1),
    }
    assert found["doubling"]["success_rate"] == 0.5
    assert found["doubling"]["seconds"]["p50"] > 0
    assert "tasks" not in as_json("stats")


@pytest.mark.usefixtures("runs")
def test_stats_of_a_flow_names_its_tasks_and_the_flakiest(cli, as_json):
    (task,) = as_json("stats", "doubling")["tasks"]
    assert (task["task"], task["runs"], task["failed"]) == ("double", 7, 1)
    _, out, _ = cli("stats", "doubling")
    assert "flakiest  double  of 7 runs 1 failed" in out
    assert "on-its-own" not in out


@pytest.mark.usefixtures("runs")
def test_stats_of_all_tasks_says_whose_each_is(cli):
    _, out, _ = cli("stats", "--tasks")
    assert "doubling · double" in out
    assert "on-its-own · double" in out


@pytest.mark.usefixtures("runs")
def test_stats_in_a_pipe_has_plain_columns(cli):
    code, out, err = cli("stats")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == ["FLOW", "RUNS", "GOOD", "USUAL", "P95"]
    assert out.isascii()


@pytest.mark.usefixtures("runs")
def test_stats_of_a_deployment_are_those_of_its_runs_alone(cli, as_json, waiting_run):
    run_id = waiting_run()
    with open_queue(load_settings()) as queue, queue.file.writing() as connection:
        end_waiting(connection, run_id, failed(time.time(), "no rows"))
    told = as_json("stats", "morning")
    assert told["deployment"] == "morning"
    assert [(one["flow"], one["runs"], one["failed"]) for one in told["flows"]] == [("doubling", 1, 1)]
    _, out, _ = cli("stats", "morning")
    assert [line.split()[:2] for line in out.splitlines()[:2]] == [["DEPLOYMENT", "RUNS"], ["morning", "1"]]
    assert "deployment" not in as_json("stats", "doubling")


def test_stats_says_when_nothing_has_ended_and_when_nothing_has_that_name(cli, waiting_run):
    code, out, _ = cli("stats", "nobody", "--since", "2026-01-31")
    first, second = out.splitlines()
    assert (code, first) == (0, "No run of nobody has ended since 2026-01-31 00:00.")
    assert second.startswith("Neither a flow nor a deployment is called 'nobody'")
    waiting_run()
    assert cli("stats", "morning")[1].splitlines()[1:] == []


def test_stats_where_runs_are_kept_in_memory_are_empty(cli, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_DATABASE_URL", "memory:")
    assert cli("stats", "--tasks")[1].startswith("No run has ended")
