from __future__ import annotations

from datetime import datetime

import pytest

from jupyter_flows import task

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
