from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.schedules import CronSchedule, to_json
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_deployments, open_queue

IDS = itertools.count(1)
HOURLY = ScheduleDefinition("schedule", to_json(CronSchedule("0 * * * *", timezone="Europe/Rome")))
NIGHTLY = ScheduleDefinition("nightly", to_json(CronSchedule("30 2 * * *")), "all", "skip")


def stored(name: str, *schedules: ScheduleDefinition, **given: Any) -> Deployment:
    target = ("report", "notebook", "/reports/report.ipynb", "/reports")
    definition = DeploymentDefinition(name, *target, schedules=schedules, **given)
    with open_deployments(load_settings()) as store:
        digest = f"{next(IDS)}.source"
        applied = store.apply(
            definition,
            digest=digest,
            snapshot="/kept/abc",
            environment={"python": "3.11.2"},
            at=1e9,
            new_id=lambda: f"id{next(IDS)}",
        )
    return applied.deployment


def queued(deployment: Deployment, at: float = 1.5e9) -> str:
    with open_queue(load_settings()) as queue:
        return create_run(queue, deployment, at=at).run_id


Cli = Callable[..., tuple[int, str, str]]


def test_nothing_stored_says_how_to_begin(cli: Cli):
    assert "No schedule yet" in cli("schedules")[1]
    assert "No deployment yet" in cli("deployments", "ls")[1]


def test_schedules_are_listed_with_their_next_times_and_policies(cli: Cli, as_json):
    stored("daily", HOURLY)
    stored("both", HOURLY, NIGHTLY)

    told = as_json("schedules", "--next", "3")["schedules"]
    code, out, err = cli("schedules", "--next", "3")

    assert (code, err) == (0, "")
    assert {(one["deployment"], one["name"]) for one in told} == {
        ("daily", "schedule"),
        ("both", "schedule"),
        ("both", "nightly"),
    }
    assert all(len(one["next"]) == 3 and one["next"][0]["utc"].endswith("+00:00") for one in told)
    lines = out.splitlines()
    assert len(lines) == 10
    assert "every hour, on the hour, Europe/Rome" in out
    assert any(line.startswith("both") and "nightly" in line and "all" in line and "skip" in line for line in lines)


def test_what_was_decided_before_the_clock_was_set_back_is_no_next_time(cli: Cli, as_json):
    stored("daily", HOURLY)
    with open_queue(load_settings()) as queue, queue.file.writing() as connection:
        connection.execute("UPDATE schedules SET planned_at = 4102444800.0")  # the first of January 2100
    (told,) = as_json("schedules")["schedules"]
    assert told["next"][0]["utc"].startswith("2100-01-01T01:00:00")
    for verb in ("pause", "start"):
        assert cli("schedules", verb, "daily")[0] == 0
    (told,) = as_json("schedules")["schedules"]
    assert told["next"][0]["utc"] < "2100"


@pytest.mark.parametrize("verb", ["pause", "start"])
def test_a_paused_schedule_has_no_next_time_until_it_is_started(cli: Cli, as_json, verb):
    stored("daily", HOURLY)
    assert as_json("schedules", "pause", "daily")["paused"] == ["schedule"]
    if verb == "start":
        code, out, _ = cli("schedules", "start", "daily")
        assert code == 0
        assert "daily is started" in out
    (one,) = as_json("schedules")["schedules"]
    assert one["paused"] is (verb == "pause")
    assert bool(one["next"]) is (verb == "start")
    assert ("paused" in cli("schedules")[1]) is (verb == "pause")


def test_one_of_several_schedules_can_be_paused_and_deleted(as_json):
    stored("both", HOURLY, NIGHTLY)
    as_json("schedules", "pause", "both", "--schedule", "nightly")
    assert {one["name"]: one["paused"] for one in as_json("schedules")["schedules"]} == {
        "schedule": False,
        "nightly": True,
    }
    told = as_json("schedules", "delete", "both", "--schedule", "nightly")
    assert told["deleted"] == ["nightly"]
    assert [one["name"] for one in told["schedules"]] == ["schedule"]
    assert as_json("deployments", "show", "both")["deployment"]["version"] == 2


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["delete", "one"], "the schedule of one is deleted; the deployment stays"),
        (["delete", "both"], "all 2 schedules of both are deleted"),
        (["delete", "both", "--schedule", "nightly"], "schedule nightly of both is deleted"),
        (["pause", "both"], "both is paused; it still runs by hand"),
        (["pause", "none"], "none has no schedule"),
    ],
)
def test_what_became_of_schedules_is_said(cli: Cli, argv, said):
    stored("one", HOURLY)
    stored("both", HOURLY, NIGHTLY)
    stored("none")
    code, out, _ = cli("schedules", *argv)
    assert code == 0
    assert out.startswith(said)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["schedules", "pause", "dayly"], "did you mean 'daily'?"),
        (["schedules", "delete", "daily", "--schedule", "x"], "its schedules: schedule"),
        (["deployments", "show", "\x1b[31mnone"], "there is no deployment"),
        (["deployments", "delete", "none"], "there is no deployment"),
        (["deployments"], "--help"),
        (["schedules", "--next", "0"], "--help"),
    ],
)
def test_what_is_not_there_is_one_line(cli: Cli, argv, said):
    stored("daily", HOURLY)
    code, out, err = cli(*argv)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_deployments_are_listed_with_their_last_run(cli: Cli, as_json):
    run_id = queued(stored("daily", HOURLY))
    stored("idle")

    daily, idle = as_json("deployments", "ls")["deployments"]
    lines = cli("deployments", "ls")[1].splitlines()

    assert (daily["name"], daily["last_run"]["id"], idle["last_run"]) == ("daily", run_id, None)
    assert lines[0].split() == ["NAME", "VERSION", "RUNS", "NEXT", "LAST"]
    assert "report.ipynb" in lines[1]
    assert run_id[:8] in lines[1]


def test_a_deployment_is_shown_with_versions_schedules_and_runs(cli: Cli, as_json):
    stored("daily", HOURLY)
    options = {"retries": 2, "timeout_seconds": 90.0, "tags": ("a", "b"), "parameters": {"day": "{today}", "n": 3}}
    run_id = queued(stored("daily", HOURLY, **options))

    told = as_json("deployments", "show", "daily")
    out = cli("deployments", "show", "daily")[1]

    assert [one["version"] for one in told["versions"]] == [2, 1]
    assert told["runs"][0]["origin"] == "manual"
    assert len(told["schedules"][0]["next"]) == 3
    for word in (
        "version 2",
        "/reports/report.ipynb",
        "day = {today}",
        "n = 3",
        "1 min 30 s for a run",
        "a, b",
        run_id[:8],
    ):
        assert word in out, word


def test_a_deleted_deployment_is_gone_and_what_waited_is_cancelled(cli: Cli, as_json):
    run_id = queued(stored("daily", HOURLY))
    code, out, _ = cli("deployments", "delete", "daily")
    assert code == 0
    assert "daily is deleted" in out
    assert run_id[:8] in out
    assert as_json("deployments", "ls") == {"deployments": []}
    assert as_json("show", run_id)["state"]["name"] == "Cancelled"
    (kept,) = as_json("ls", "--deployment", "daily")["runs"]
    assert (kept["id"], kept["deployment"]["name"]) == (run_id, "daily")


def test_runs_of_a_deleted_deployment_are_found_by_its_name_and_by_no_other(cli: Cli, as_json):
    first = queued(stored("daily", HOURLY))
    cli("deployments", "delete", "daily")
    again, other = queued(stored("daily", HOURLY)), queued(stored("daily-2", HOURLY))
    assert [run["id"] for run in as_json("ls", "--deployment", "daily")["runs"]] == [again, first]
    assert [run["id"] for run in as_json("ls", "--deployment", "daily-2")["runs"]] == [other]
    assert cli("ls", "--deployment", "dail")[1].startswith("No run fits: no deployment is called 'dail'")


def test_hostile_words_of_a_deployment_cannot_act_on_a_terminal(cli: Cli):
    evil = "x\x1b]0;pwn\x07\r\n\u202ey"
    stored("daily", HOURLY, description=evil, tags=(evil,), parameters={"p": evil}, env_file=evil)
    for argv in (["deployments", "ls"], ["deployments", "show", "daily"], ["schedules"]):
        out = cli(*argv)[1]
        assert not {"\x1b", "\x07", "\r", "\u202e"} & set(out)
    assert json.loads(cli("deployments", "show", "daily", "--json")[1])["deployment"]["description"] == evil
