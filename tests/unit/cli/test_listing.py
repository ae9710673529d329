from __future__ import annotations

from datetime import datetime

import pytest

from jupyter_flows import flow, task

pytestmark = pytest.mark.usefixtures("runs")


def test_ls_lists_the_newest_first_with_the_promised_fields(as_json):
    found = as_json("ls")["runs"]

    assert [run["flow"] for run in found] == ["on-its-own", "doubling", "doubling"]
    assert found[0]["state"] == {"type": "failed", "name": "Failed", "message": "KeyError: 'mine'"}
    assert {"id", "name", "flow", "state", "created_at", "started_at", "ended_at"} <= set(found[0])
    for field in ("created_at", "started_at", "ended_at"):
        assert datetime.fromisoformat(found[0][field]).tzinfo is not None
    assert found[2]["state"]["type"] == "completed"
    assert found[2]["parameters"] == {"n": 2}


@pytest.mark.parametrize(
    ("given", "flows"),
    [
        (["--flow", "doubling"], ["doubling", "doubling"]),
        (["--state", "COMPLETED"], ["doubling"]),
        (["--state", "failed", "--limit", "1"], ["on-its-own"]),
        (["--since", "1h"], ["on-its-own", "doubling", "doubling"]),
        (["--since", "2100-01-01"], []),
        (["--limit", "0"], ["on-its-own", "doubling", "doubling"]),
    ],
)
def test_ls_filters(as_json, given, flows):
    assert [run["flow"] for run in as_json("ls", *given)["runs"]] == flows


def test_ls_in_a_pipe_is_one_plain_line_per_run(cli):
    code, out, _ = cli("ls")

    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["ID", "STATE", "FLOW", "STARTED", "TOOK"]
    assert len(lines) == 4
    assert "\x1b" not in out
    assert "on-its-own #1" in lines[1]


def test_ls_leaves_tasks_outside_any_flow_out_unless_asked(cli, as_json):
    @task
    def alone() -> int:
        return 1

    alone()
    assert len(as_json("ls")["runs"]) == 3
    assert as_json("ls", "--all")["runs"][0]["kind"] == "task"


def test_ls_says_when_nothing_fits(cli):
    assert cli("ls", "--state", "paused") == (0, "No run fits.\n", "")


@pytest.mark.parametrize("given", [["--state", "failed,completed"], ["--state", "failed", "--state", "Completed"]])
def test_ls_takes_several_states(as_json, given):
    assert len(as_json("ls", *given)["runs"]) == 3


def test_ls_gives_pages_and_says_whether_there_are_more(cli, as_json):
    first, second = (as_json("ls", "--limit", "2", "--page", page) for page in "12")
    assert [run["flow"] for run in first["runs"]] == ["on-its-own", "doubling"]
    assert [run["flow"] for run in second["runs"]] == ["doubling"]
    assert (first["next_page"], second["next_page"]) == (2, None)
    assert cli("ls", "--limit", "2", "--page", "3")[1] == "No run is on this page.\n"


def test_ls_finds_tags_and_what_a_run_called(as_json):
    @flow(name="inner", tags=["a", "b"])
    def inner() -> int:
        return 1

    @flow(name="outer", tags=["b"])
    def outer() -> int:
        return inner()

    outer()
    assert {run["flow"] for run in as_json("ls", "--tag", "b")["runs"]} == {"inner", "outer"}
    assert [run["flow"] for run in as_json("ls", "--tag", "b", "--tag", "a")["runs"]] == ["inner"]
    assert as_json("ls", "--tag", "%")["runs"] == []
    called_by = as_json("ls", "--flow", "outer")["runs"][0]["id"]
    assert [run["flow"] for run in as_json("ls", "--parent", called_by[:8])["runs"]] == ["inner"]


def test_ls_until_leaves_newer_runs_out(as_json):
    assert as_json("ls", "--until", "yesterday")["runs"] == []
    assert len(as_json("ls", "--since", "yesterday")["runs"]) == 3


def test_ls_shows_the_deployment_and_the_tick_of_a_run(cli, as_json, waiting_run):
    run = waiting_run()
    (found,) = as_json("ls", "--deployment", "morning")["runs"]
    assert found["id"] == run
    assert found["deployment"]["name"] == "morning"
    assert found["deployment"]["schedule"] == "hourly"
    assert datetime.fromisoformat(found["deployment"]["tick"]).tzinfo is not None
    out = cli("ls")[1]
    assert out.splitlines()[0].split() == ["ID", "STATE", "FLOW", "STARTED", "TOOK", "DEPLOYMENT", "TICK"]
    assert "morning" in out.splitlines()[1]
    assert as_json("ls", "--flow", "on-its-own")["runs"][0]["deployment"] is None


def test_ls_knows_the_name_of_a_deployment_that_was_deleted(cli, as_json, waiting_run):
    run = waiting_run()
    assert cli("deployments", "delete", "morning")[0] == 0
    (found,) = [one for one in as_json("ls")["runs"] if one["id"] == run]
    assert (found["deployment"]["name"], found["state"]["name"]) == ("morning", "Cancelled")
