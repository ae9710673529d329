from __future__ import annotations

import json
import time

import pytest

from jupyter_flows import flow
from jupyter_flows.cli.comparison_as_json import comparison_json
from jupyter_flows.errors import (
    BackfillNotFound,
    DeploymentRefused,
    FileNotServed,
    ParameterError,
    PathRefused,
    RunNotFound,
    RunRefused,
    ScheduleError,
    ScheduleNotFound,
    TargetError,
)
from jupyter_flows.model.deployments import DeploymentDefinition, ScheduleDefinition
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.schedules import CronSchedule, Schedule, to_json
from jupyter_flows.server.api_handler import _as_json
from jupyter_flows.server.bounds import PAGE
from jupyter_flows.server.run_shapes import run_shapes
from jupyter_flows.services.comparing import compare
from jupyter_flows.store.claims import Claims
from jupyter_flows.store.liveness import this_owner

ROME = {"timezone": "Europe/Rome"}


def test_runs_are_listed_newest_first_in_pages(ask, runs):
    first = ask("list_runs", {"limit": 2})
    assert [run["id"] for run in first["runs"]] == [runs["hostile"], runs["failed"]]
    second = ask("list_runs", {"limit": 2, "offset": first["next_offset"]})
    assert [run["id"] for run in second["runs"]] == [runs["good"]]
    assert second["next_offset"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"flow": "daily"}, ["failed", "good"]),
        ({"state": "failed"}, ["failed"]),
        ({"tag": ["nightly"]}, ["failed", "good"]),
        ({"search": "DAILY compl"}, ["good"]),
        ({"search": "onerror"}, ["hostile"]),
        ({"since": "2999-01-01"}, []),
        ({"deployment": "'; DROP TABLE flow_runs; --"}, []),
    ],
)
def test_runs_are_filtered_and_searched(ask, runs, query, expected):
    assert [run["id"] for run in ask("list_runs", query)["runs"]] == [runs[name] for name in expected]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 10**9}, "limit"),
        ({"limit": 0}, "limit"),
        ({"offset": -1}, "offset"),
        ({"since": "whenever"}, "since"),
        ({"parent": "../../etc"}, "parent"),
        ({"search": "x" * 1000}, "search"),
        ({"nonsense": 1}, "nonsense"),
        ({"flow": ["a", "b"]}, "flow"),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused_by_its_field(refused, query, field):
    assert list(refused("list_runs", query)) == [field]


def test_a_page_is_never_larger_than_its_bound(refused):
    assert str(PAGE) in refused("list_tasks", {"limit": PAGE + 1})["limit"]


def test_a_run_that_is_not_there_is_said_so(ask):
    with pytest.raises(RunNotFound):
        ask("run_detail", run="0" * 12)


def test_a_failed_run_says_what_can_be_done_with_it(ask, runs):
    detail = ask("run_detail", run=runs["failed"])
    assert detail["can"] == {"cancel": False, "resume": True, "repeat": True, "answer": False, "open_failure": True}
    assert {one["state"]: one["count"] for one in detail["counts"]} == {"Completed": 4, "Failed": 1}
    assert detail["previous"] == runs["good"]


def test_why_names_the_users_own_line(ask, runs):
    told = ask("why", run=runs["failed"])
    assert told["place"]["code"].startswith("raise ValueError(")
    assert told["error"]["type"] == "ValueError"
    assert told["causes"][0]["labels"] == ["score[2]"]


def test_the_graph_is_the_one_of_the_live_widget(ask, runs):
    drawn = ask("graph", run=runs["failed"])
    assert {node["name"] for node in drawn["nodes"]} == {"extract", "score"}
    key = next(node["key"] for node in drawn["nodes"] if node["name"] == "score")
    box = ask("box", {"key": key}, run=runs["failed"])
    assert (box["total"], box["runs"][0]["label"]) == (4, "score[2]")
    assert ask("edge", {"from": "1", "to": key}, run=runs["failed"])["words"]
    assert ask("timeline", run=runs["failed"])["rows"]
    unfolded = ask("graph", {"open": [key]}, run=runs["failed"])
    assert unfolded["opened"] == [key]
    assert len(unfolded["nodes"]) > len(drawn["nodes"])


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({}, ["extract", "score[0]", "score[1]", "score[2]", "score[3]"]),
        ({"order": "failed", "limit": 1}, ["score[2]"]),
        ({"state": "failed"}, ["score[2]"]),
        ({"search": "SCORE", "limit": 2, "offset": 1}, ["score[1]", "score[2]"]),
    ],
)
def test_task_runs_are_listed_in_pages_and_orders(ask, runs, query, labels):
    assert [one["label"] for one in ask("list_tasks", query, run=runs["failed"])["tasks"]] == labels


def test_a_log_is_followed_from_where_it_was_left(ask, runs):
    first = ask("read_log", {"limit": 1}, run=runs["failed"])
    rest = ask("read_log", {"after": first["next"]}, run=runs["failed"])
    assert "began with 4" in first["lines"][0]["message"]
    assert all(line["id"] > first["lines"][0]["id"] for line in rest["lines"])
    assert rest["more"] is False


def test_a_log_is_searched_and_its_tail_is_found(ask, runs):
    found = ask("read_log", {"search": "BEGAN"}, run=runs["failed"])["lines"]
    assert len(found) == 1
    assert ask("read_log", {"tail": True, "search": "began", "limit": 1}, run=runs["failed"])["lines"] == found
    assert ask("read_log", {"level": "CRITICAL"}, run=runs["failed"])["lines"] == []


def test_an_artifact_is_given_as_text_that_can_do_nothing(ask, runs):
    (one,) = ask("list_artifacts", run=runs["failed"])["artifacts"]
    assert (one["kind"], one["shown"], one["url"]) == ("markdown", "text", None)
    with ask("artifact_content", run=runs["failed"], artifact=one["id"]) as file:
        assert b"onerror" in b"".join(file.chunks())
    headers = file.headers()
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert file.media_type.startswith("text/plain")


def test_an_artifact_of_another_run_is_not_found(ask, runs):
    (one,) = ask("list_artifacts", run=runs["failed"])["artifacts"]
    with pytest.raises(FileNotServed):
        ask("artifact_content", run=runs["hostile"], artifact=one["id"])


def test_the_grid_has_a_column_for_each_run_and_a_row_for_each_task(ask, runs):
    shown = ask("grid", {"flow": "daily"})
    assert [run["id"] for run in shown["runs"]] == [runs["good"], runs["failed"]]
    cells = {row["task"]: [cell["state"] for cell in row["cells"]] for row in shown["rows"]}
    assert cells == {"extract": ["Completed", "Completed"], "score": ["Completed", "Failed"]}
    assert {cell["css"] for row in shown["rows"] for cell in row["cells"]} <= set(shown["looks"])


def test_two_runs_are_held_against_each_other_task_by_task(ask, runs):
    told = ask("comparison", {"before": runs["good"]}, run=runs["failed"])
    assert (told["before"]["id"], told["after"]["id"]) == (runs["good"], runs["failed"])
    assert told["parameters"] == [{"name": "n", "before": "2", "after": "4"}]
    score = next(one for one in told["tasks"] if one["task"] == "score")
    assert (score["before"]["state"], score["after"]["state"]) == ("Completed", "Failed")
    assert score["changed"] == ["state", "runs"]
    assert (score["before"]["css"], score["after"]["css"]) == ("completed", "failed")
    with pytest.raises(RunNotFound):
        ask("comparison", {"before": "0" * 12}, run=runs["failed"])


def test_a_comparison_has_the_fields_that_the_command_line_prints(site, ask, runs):
    store = site.door.reader()
    both = [(store.flow_run(runs[name]), store.task_runs(runs[name])) for name in ("good", "failed")]
    printed = comparison_json(compare(*both[0], *both[1]))
    told = ask("comparison", {"before": runs["good"]}, run=runs["failed"])
    for task in told["tasks"]:
        for side in (task["before"], task["after"]):
            del side["css"]
    assert told == {**printed, "before": told["before"], "after": told["after"], "left": 0}


def test_statistics_name_the_tasks_of_one_flow(ask, runs):
    assert ask("stats")["flows"][0]["flow"] == "daily"
    assert {one["task"] for one in ask("stats", {"flow": "daily"})["tasks"]} == {"extract", "score"}


def test_hostile_names_come_as_text_without_controls(ask, runs):
    (run,) = ask("list_runs", {"search": "onerror"})["runs"]
    assert "<img src=x onerror=window.__x=1>" in run["title"]
    told = json.dumps(
        [
            ask("run_detail", run=runs["hostile"]),
            ask("graph", run=runs["hostile"]),
            ask("list_tasks", run=runs["hostile"]),
            ask("why", run=runs["failed"]),
        ],
        ensure_ascii=False,
    )
    assert not {character for character in told if ord(character) < 32}


def test_a_plan_is_asked_of_a_child_by_numbers_and_names(site, ask, runs, monkeypatch):
    plan = {"id": runs["failed"], "name": "daily", "attempt": 2, "reused": [], "again": [], "changed": []}
    asked: list[list[str]] = []
    monkeypatch.setattr(site.children, "command", lambda *given: (asked.append(given[0]), (0, json.dumps(plan), ""))[1])
    told = ask("plan", {"again": ["-x; rm"], "only": ["4", "5"]}, run=runs["failed"])
    assert told == {**plan, "plain_cells": None}
    assert asked == [["resume", runs["failed"], "--dry-run", "--json", "--again=-x; rm", "--only=4", "--only=5"]]


def test_half_a_character_among_the_parameters_is_told_escaped(site):
    @flow
    def odd(text: str) -> None: ...

    odd("\ud800")
    (run,) = run_shapes(site.door, site.door.reader().flow_runs(RunFilter()))
    assert json.loads(_as_json(run))["parameters"]["text"] == "\ud800"


def test_a_notebook_tells_its_parameters_and_makes_no_store(site, ask, notebook):
    told = ask("notebook_parameters", {"path": notebook()})
    assert [(one["name"], one["type"], one["default"]) for one in told["parameters"]] == [
        ("day", "str", ""),
        ("n", "int", 3),
    ]
    assert not site.door.is_there


def test_a_schedule_is_previewed_with_its_changes_of_clocks(site, ask, notebook):
    form = {"schedule": {"at": ["02:30"], **ROME}, "times": 10, "path": notebook()}
    shown = ask("preview_schedule", form={**form, "parameters": {"day": "{tick:%Y-%m-%d}"}})
    assert len(shown["next"]) == 10
    assert shown["next"][0]["parameters"]["day"] in shown["next"][0]["at"]
    assert "does not exist" in " ".join(shown["warnings"])
    assert shown["problems"] == {}
    assert not site.door.is_there


def test_a_preview_tells_which_parameter_is_wrong(site, ask, notebook):
    form = {"schedule": {"cron": ["0 9 * * *"]}, "path": notebook(), "parameters": {"n": "many", "m": 1}}
    assert set(ask("preview_schedule", form=form)["problems"]) == {"n", "m"}


@pytest.mark.parametrize(
    ("schedule", "field"),
    [({}, "schedule"), ({"every": ["soon"]}, "every"), ({"cron": ["* * * * *"], "jitter": "x"}, "jitter")],
)
def test_a_schedule_form_that_cannot_be_meant_is_refused_by_its_field(refused, schedule, field):
    assert list(refused("preview_schedule", None, {"schedule": schedule})) == [field]


def test_a_deployment_is_made_shown_edited_paused_and_deleted(site, ask, notebook):
    form = {"path": notebook(), "parameters": {"n": 5}, "schedule": {"cron": ["0 9 * * 1-5"], **ROME}}
    made = ask("deploy", form=form)
    assert (made["change"], made["deployment"]["name"]) == ("created", "report")
    (schedule,) = made["schedules"]
    assert len(schedule["next"]) == 10
    assert schedule["form"]["cron"] == ["0 9 * * 1-5"]
    edited = ask("edit_schedule", form={"every": ["2d"], "at": ["07:15"], **ROME}, schedule=schedule["id"])
    assert (edited["id"], edited["form"]["at"]) == (schedule["id"], ["07:15"])
    assert ask("pause_schedule", schedule=schedule["id"])["paused"] is True
    assert ask("edit_schedule", form={"every": ["3d"]}, schedule=schedule["id"])["paused"] is True
    assert ask("start_schedule", schedule=schedule["id"])["paused"] is False
    deployment = made["deployment"]["id"]
    assert ask("pause_deployment", deployment=deployment)["schedules"][0]["paused"] is True
    assert ask("start_deployment", deployment=deployment)["schedules"][0]["paused"] is False
    assert ask("show_deployment", deployment=deployment)["deployment"]["path"] == "report.ipynb"
    assert ask("notebook_parameters", {"path": "report.ipynb"})["deployments"] == ["report"]
    assert ask("delete_schedule", schedule=schedule["id"])["schedules"] == []
    assert ask("delete_deployment", deployment=deployment)["deployment"] == "report"
    assert ask("list_deployments")["deployments"] == []
    with pytest.raises(ScheduleNotFound):
        ask("pause_schedule", schedule=schedule["id"])


def test_a_deployment_of_a_name_that_is_taken_is_replaced_only_where_that_is_wanted(site, ask, notebook):
    form = {"path": notebook()}
    ask("deploy", form=form)
    with pytest.raises(DeploymentRefused) as caught:
        ask("deploy", form={**form, "parameters": {"n": 7}})
    assert list(caught.value.problems) == ["name"]
    assert ask("deploy", form={**form, "parameters": {"n": 7}, "replace": True})["change"] == "changed"


def test_a_run_of_a_deployment_waits_for_a_runner(site, ask, notebook):
    made = ask("deploy", form={"path": notebook()})
    deployment = made["deployment"]["id"]
    queued = ask("run_deployment", form={"parameters": {"n": 4}}, deployment=deployment)
    assert queued["run"]["parameters"]["n"] == 4
    assert queued["runners"] == 0
    assert ask("list_deployments")["deployments"][0]["last_run"]["id"] == queued["run"]["id"]
    assert "no runner" in ask("why", run=queued["run"]["id"])["waiting"][0]["explanation"]
    assert ask("cancel", run=queued["run"]["id"])["run"]["state"]["name"] == "Cancelled"
    with pytest.raises(RunRefused, match="ended already"):
        ask("cancel", run=queued["run"]["id"])


def test_a_deployment_counts_the_runners_that_execute_its_runs(site, ask, notebook):
    deployment = ask("deploy", form={"path": notebook()})["deployment"]["id"]
    with site.door.queue() as queue, site.door.deployments() as deployments:
        other, every = (Claims(queue, deployments, this_owner(token), 20.0, {}) for token in ("other", "every"))
        other.register(1, time.time(), ["another deployment"])
        assert ask("show_deployment", deployment=deployment)["runners"] == 0
        every.register(1, time.time())
        assert ask("show_deployment", deployment=deployment)["runners"] == 1


WEEK = {"from": "2026-01-01", "to": "2026-01-08", "max_active": 2}


@pytest.fixture
def daily_report(ask, notebook):
    """A deployment that runs each morning in Rome; its id."""
    schedule = {"cron": ["0 9 * * *"], **ROME}
    form = {"path": notebook(), "parameters": {"day": "{tick:%Y-%m-%d}"}, "schedule": schedule}
    return ask("deploy", form=form)["deployment"]["id"]


def test_a_backfill_is_previewed_tick_by_tick_and_nothing_is_kept(site, ask, daily_report):
    shown = ask("preview_backfill", form={**WEEK, "parameters": {"n": 7}}, deployment=daily_report)
    assert (shown["to_run"], shown["completed"], shown["runners"]) == (7, 0, 0)
    assert shown["ticks"][0] == {
        "at": "2026-01-01T09:00:00+01:00",
        "parameters": {"day": "2026-01-01", "n": 7},
        "before": None,
    }
    assert ask("list_backfills")["backfills"] == []
    assert ask("list_runs")["runs"] == []


def test_a_backfill_is_begun_followed_and_cancelled_as_a_whole(site, ask, refused, daily_report):
    begun = ask("begin_backfill", form=WEEK, deployment=daily_report)
    assert (begun["deployment"], begun["runs"], begun["ended"], begun["max_active"]) == ("report", 7, 0, 2)
    assert [one["id"] for one in ask("list_backfills", {"deployment": daily_report})["backfills"]] == [begun["id"]]
    again = ask("preview_backfill", form=WEEK, deployment=daily_report)
    assert (again["to_run"], again["unfinished"]) == (0, 7)
    assert list(refused("begin_backfill", None, WEEK, deployment=daily_report)) == ["from"]
    ended = ask("cancel_backfill", backfill=begun["id"])
    assert (ended["ended"], ended["max_active"]) == (7, None)
    assert ended["counts"] == [{"state": "Cancelled", "css": "cancelled", "count": 7}]
    assert ask("list_backfills", {"unfinished": True})["backfills"] == []
    assert ask("preview_backfill", form=WEEK, deployment=daily_report)["to_run"] == 7
    assert ask("cancel_backfill", backfill=begun["id"])["ended"] == 7  # once more changes nothing


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"from": "whenever"}, ScheduleError),
        ({"to": "2026-01-01"}, ScheduleError),
        ({"from": "2999-01-01", "to": "2999-02-01"}, ScheduleError),
        ({"to": "2099-01-01", "from": "1900-01-01"}, ScheduleError),
        ({"schedule": "noon"}, ScheduleNotFound),
        ({"parameters": {"n": "many"}}, ParameterError),
        ({"parameters": {"password": "hunter2hunter2"}}, ParameterError),
    ],
)
def test_a_backfill_that_cannot_be_meant_is_refused_and_nothing_is_kept(ask, daily_report, change, kind):
    for operation in ("preview_backfill", "begin_backfill"):
        with pytest.raises(kind):
            ask(operation, form={**WEEK, **change}, deployment=daily_report)
    assert ask("list_runs")["runs"] == []


def test_what_runs_of_a_deployed_notebook_take_has_what_they_are_given_as_its_default(ask, daily_report):
    told = ask("deployment_parameters", {"schedule": "schedule"}, deployment=daily_report)
    day, n = told["parameters"]
    assert (day["name"], day["default_source"], day["required"]) == ("day", "{tick:%Y-%m-%d}", False)
    assert (n["name"], n["type"], n["default_source"]) == ("n", "int", "3")
    assert (told["others"], told["explanation"]) == (False, "")
    with pytest.raises(ScheduleNotFound):
        ask("deployment_parameters", {"schedule": "noon"}, deployment=daily_report)


def test_what_runs_of_a_deployed_flow_take_is_what_is_given_and_others(site, ask):
    by_zone = [CronSchedule("0 9 * * *", parameters={"zone": "Rome"}), CronSchedule("0 21 * * *")]
    source = to_json(Schedule(by_zone))
    given = {"n": 7, "ready": True, "day": "{tick:%Y-%m-%d}", "zone": "Paris"}
    schedules = (ScheduleDefinition("daily", source),)
    made = DeploymentDefinition("sums", "sums", "flow", "sums@/x/sums.py", "/x", given, schedules)
    with site.door.deployments() as store:
        deployment = store.apply(made, digest="0" * 64, at=0.0, new_id=lambda: "a" * 12).deployment.id
    told = ask("deployment_parameters", {"schedule": "daily"}, deployment=deployment)
    shown = {one["name"]: (one["type"], one["default_source"]) for one in told["parameters"]}
    assert shown == {"n": ("int", "7"), "ready": ("bool", "true"), "day": ("", given["day"]), "zone": ("str", "Rome")}
    assert told["others"]


def test_a_backfill_that_is_not_there_is_said_so(ask, daily_report):
    with pytest.raises(BackfillNotFound):
        ask("cancel_backfill", backfill="0" * 12)


def test_a_deployment_without_a_schedule_has_nothing_to_backfill(ask, notebook):
    deployment = ask("deploy", form={"path": notebook()})["deployment"]["id"]
    with pytest.raises(TargetError, match="no schedule"):
        ask("preview_backfill", form=WEEK, deployment=deployment)


@pytest.mark.parametrize("parameters", [{"n": "many"}, {"password": "hunter2hunter2"}])
def test_parameters_are_checked_before_anything_is_queued(site, ask, parameters, notebook):
    deployment = ask("deploy", form={"path": notebook()})["deployment"]["id"]
    with pytest.raises(ParameterError):
        ask("run_deployment", form={"parameters": parameters}, deployment=deployment)
    with pytest.raises(ParameterError):
        ask("start_notebook", form={"path": "report.ipynb", "parameters": parameters})
    assert ask("list_runs")["runs"] == []


def test_a_notebook_outside_of_labs_root_is_never_read(site, ask, tmp_path):
    (site.root / "out").symlink_to(tmp_path)
    (tmp_path / "secret.ipynb").write_text("{}")
    (tmp_path / "root-secret").mkdir()
    for path in ("../secret.ipynb", "out/secret.ipynb", "/etc/passwd", str(tmp_path / "secret.ipynb"), "a\0.ipynb"):
        with pytest.raises(PathRefused):
            ask("start_notebook", form={"path": path})
        with pytest.raises(PathRefused):
            ask("deploy", form={"path": path})


def test_blocks_are_named_and_never_shown(ask):
    assert ask("list_blocks") == {"blocks": []}


def test_settings_say_what_the_user_may_do_and_whether_there_is_anything(ask):
    told = ask("settings")
    assert told["permissions"] == {"read": False, "write": False, "execute": False}
    assert told["empty"] is True
    assert told["runner"]["wanted"] is False


def test_health_looks_at_the_store_without_starting_a_kernel(ask, runs):
    told = ask("health")
    assert told["worst"] in {"ok", "warn"}
    assert {"store", "runners"} <= {one["about"] for one in told["findings"]}


def test_the_overview_names_what_has_ended_lately(ask, runs):
    assert {run["id"] for run in ask("overview")["ended"]} == set(runs.values())
