from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_flows.settings import load_settings

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


def test_all_open_backfills_of_a_deployment_are_cancelled_at_once(cli: Cli, as_json):
    first = as_json("backfill", "night", *RANGE, "--no-wait")["runs"]
    more = as_json("backfill", "night", "--from", "2026-02-01", "--to", "2026-02-03", "--no-wait")["runs"]
    with sqlite3.connect(load_settings().database_path or "") as connection:  # a runner has begun one
        begun = (
            "UPDATE flow_runs SET state_kind = 'running', state_name = 'Running', owner_host = 'far', lease_until = 9e9"
        )
        connection.execute(f"{begun} WHERE id = '{first[0]['id']}'")
        connection.execute(f"UPDATE deployment_runs SET runner_id = 'r' WHERE run_id = '{first[0]['id']}'")
    connection.close()
    told = as_json("backfill", "night", "--cancel")
    assert (len(told["backfills"]), told["asked_to_stop"]) == (2, [first[0]["id"]])
    assert set(told["cancelled"]) == {one["id"] for one in (*first[1:], *more)}
    assert (
        cli("backfill", "night", "--cancel")[1]
        == "night: 0 runs cancelled before they began, 1 that had begun asked to stop\n"
    )
    assert cli("backfill", "by-hand", "--cancel")[1] == "by-hand: no backfill of it is open\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["night", "--cancel", "--from", "2026-01-01"], "--cancel takes no range"),
        (["night", "--to", "2026-01-01"], "backfill: give --from: the range is from --from to before --to"),
        (["night", "--from", "2026-01-05", "--to", "2026-01-02"], "flows: backfill: to='2026-01-02' cannot be used"),
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
