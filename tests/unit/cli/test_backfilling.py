from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Cli = Callable[..., tuple[int, str, str]]
RANGE = ("--from", "2026-01-01", "--to", "2026-01-11")
FLOWS = """\
from datetime import date
from jupyter_flows import flow

@flow
def daily(day: date, top: int = 10):
    return top
"""


@pytest.fixture(autouse=True)
def deployed(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "flows_to_backfill.py"
    path.write_text(FLOWS)
    when = ("--at", "09:00", "--timezone", "Europe/Rome")
    assert cli("deploy", f"{path}:daily", "--name", "night", "-p", "day={tick:%Y-%m-%d}", *when)[0] == 0
    assert cli("deploy", f"{path}:daily", "--name", "by-hand", "-p", "day=2027-01-01")[0] == 0


def test_a_dry_run_lists_the_ticks_with_their_own_parameters_and_writes_nothing(cli: Cli, as_json):
    code, out, err = cli("backfill", "night", *RANGE, "--dry-run", "-p", "top=3")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "night: from 2026-01-01 00:00 to before 2026-01-11 00:00, Europe/Rome"
    assert lines[2] == "Thu 01 Jan 2026 09:00:00  day=2026-01-01, top=3"
    assert lines[-1] == "10 runs would be made; nothing is written"
    told = as_json("backfill", "night", *RANGE, "--dry-run")
    assert [one["parameters"]["day"][-2:] for one in told["to_run"]] == [f"{day:02}" for day in range(1, 11)]
    assert as_json("deployments", "show", "night")["runs"] == []


def test_a_backfill_is_queued_once(cli: Cli, as_json):
    told = as_json("backfill", "night", *RANGE, "--no-wait", "--max-active", "3")
    assert [one["tick"][:10] for one in told["runs"]] == [f"2026-01-{day:02}" for day in range(1, 11)]
    assert {one["origin"] for one in told["runs"]} == {"backfill"}
    again = as_json("backfill", "night", *RANGE, "--no-wait", "--again-failed")
    assert (again["runs"], len(again["left"]["unfinished"])) == ([], 10)
    assert "10 wait or go on" in cli("backfill", "night", *RANGE)[1]


def test_what_was_cancelled_before_it_began_runs_as_if_it_had_not_been_there(as_json):
    first = as_json("backfill", "night", *RANGE, "--no-wait")["runs"]
    as_json("cancel", first[3]["id"], "--no-wait")
    again = as_json("backfill", "night", *RANGE, "--no-wait")
    assert [one["tick"] for one in again["runs"]] == [first[3]["tick"]]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["none", *RANGE], "there is no deployment"),
        (["by-hand", *RANGE], "it has no schedule"),
        (["night", "--from", "2026-01-02", "--to", "2026-01-01"], "later"),
        (["night", "--from", "2026-01-02", "--to", "soon"], "to"),
        (["night", "--from", "2999-01-02", "--to", "2999-01-05"], "future"),
        (["night", "--from", "2026-01-02"], "--to"),
        (["night", *RANGE, "--max-active", "0"], "from 1 up"),
        (["night", *RANGE, "--schedule", "x"], "its schedules: schedule"),
        (["night", *RANGE, "-p", "top=many"], "top"),
        (["night", *RANGE, "--again", "--again-failed"], "not allowed"),
        (["night", "--from", "2026-01-02T10:00", "--to", "2026-01-02T11:00"], "no schedule of night ticks"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_queues_nothing(cli: Cli, as_json, argv, said):
    code, out, err = cli("backfill", *argv)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert as_json("deployments", "show", "night")["runs"] == []
