from __future__ import annotations

import pytest


@pytest.fixture
def pair(runs, as_json) -> tuple[str, str]:
    """The ids of a run that completed, and of a later one of the same flow that failed."""
    found = {one["state"]["name"]: one["id"] for one in as_json("ls")["runs"] if one["flow"] == "doubling"}
    return found["Completed"], found["Failed"]


def test_what_differs_between_two_runs_is_printed_task_by_task(cli, pair):
    code, out, err = cli("compare", *pair)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].split()[:2] == ["before", "Completed"]
    assert lines[2].split()[:2] == ["after", "Failed"]
    assert "parameter n: 2 → 5" in lines
    (row,) = [line for line in lines if line.startswith("double")]
    assert row.endswith("state, runs")


def test_the_comparison_of_a_run_with_itself_has_nothing_to_tell(cli, as_json, pair):
    told = as_json("compare", pair[0][:8], pair[0])
    assert (told["parameters"], told["more_seconds"], told["code_changed"]) == ([], 0.0, False)
    assert [(one["changed"], one["duration_differs"]) for one in told["tasks"]] == [([], False)]
    assert "1 task did and took the same" in cli("compare", pair[0], pair[0])[1]


def test_a_run_that_is_not_there_is_said_so(cli, pair):
    code, out, err = cli("compare", pair[0], "nothing")
    assert (code != 0, out, "nothing" in err) == (True, "", True)
