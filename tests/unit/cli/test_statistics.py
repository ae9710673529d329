from __future__ import annotations

import pytest


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


def test_stats_says_when_nothing_has_ended(cli):
    code, out, _ = cli("stats", "nobody", "--since", "2026-01-31")
    assert (code, out) == (0, "No run of nobody has ended since 2026-01-31 00:00.\n")


def test_stats_where_runs_are_kept_in_memory_are_empty(cli, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_DATABASE_URL", "memory:")
    assert cli("stats", "--tasks")[1].startswith("No run has ended")
