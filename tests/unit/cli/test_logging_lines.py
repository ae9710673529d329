from __future__ import annotations

import json
import threading
import time

import pytest

from jupyter_flows import flow, get_run_logger, task
from jupyter_flows.cli import logging_lines
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_sql
from jupyter_flows.store.tables import deployment_runs, flow_runs


@pytest.mark.usefixtures("runs")
def test_logs_are_in_order_and_one_line_each(cli, as_json):
    run = as_json("ls", "--flow", "doubling")["runs"][0]["id"]
    code, out, _ = cli("logs", run)
    lines = out.splitlines()
    assert code == 0
    assert len(lines) == 2
    assert "INFO" in lines[0] and lines[0].endswith("first line\\nsecond \\x1b[31mline")
    assert "WARNING" in lines[1] and lines[1].endswith("careful")


@pytest.mark.usefixtures("runs")
def test_logs_from_a_level_up(as_json):
    run = as_json("ls", "--flow", "doubling")["runs"][0]["id"]
    found = as_json("logs", run, "--level", "warning")["logs"]
    assert [(line["level"], line["message"]) for line in found] == [("WARNING", "careful")]


@pytest.mark.usefixtures("runs")
def test_logs_says_when_there_are_none(cli, as_json):
    run = as_json("ls", "--flow", "on-its-own")["runs"][0]["id"]
    assert cli("logs", run) == (0, "Nothing was logged.\n", "")


@pytest.fixture
def talk(data_dir):
    @task
    def speak(word: str) -> None:
        get_run_logger().info("says %s", word)

    @flow(name="talking")
    def talking() -> None:
        get_run_logger().info("begins")
        speak.map(["a", "b"]).result()

    talking()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ([], ["begins", "says a", "says b"]),
        (["--task", "speak"], ["says a", "says b"]),
        (["--task", "speak[1]"], ["says b"]),
        (["--task", "1"], ["says a"]),
        (["--since", "2100-01-01"], []),
        (["--since", "1h", "--level", "error"], []),
    ],
)
def test_logs_can_be_narrowed_to_a_task_and_a_time(as_json, given, messages):
    run = as_json("ls", "--flow", "talking")["runs"][0]["id"]
    found = as_json("logs", run, *given)["logs"]
    assert sorted(line["message"] for line in found) == sorted(messages)


@pytest.mark.usefixtures("talk")
def test_an_unknown_task_is_refused_with_those_there_are(cli, as_json):
    run = as_json("ls", "--flow", "talking")["runs"][0]["id"]
    code, out, err = cli("logs", run, "--task", "shout")
    assert (code, out) == (2, "")
    assert "it has: speak" in err


@pytest.mark.usefixtures("talk")
def test_following_a_run_that_has_ended_prints_it_once(cli, as_json):
    run = as_json("ls", "--flow", "talking")["runs"][0]["id"]
    _, plain, _ = cli("logs", run)
    code, out, err = cli("logs", run, "-f")
    assert (code, out, err) == (0, plain, "")


@pytest.mark.usefixtures("data_dir")
def test_following_goes_on_until_the_run_ends(cli, as_json, monkeypatch):
    """The run goes on only when the follower has printed what there was, and waits."""
    waited, logged = threading.Event(), threading.Event()
    monkeypatch.setattr(logging_lines, "_LOOK", 0.01)
    wait = logging_lines._wait

    def wait_after_telling(has_changed):
        waited.set()
        wait(has_changed)

    monkeypatch.setattr(logging_lines, "_wait", wait_after_telling)

    @flow(name="slow")
    def slow() -> None:
        get_run_logger().info("first")
        logged.set()
        assert waited.wait(60)
        get_run_logger().info("second")

    running = threading.Thread(target=slow)
    running.start()
    assert logged.wait(60)
    while not (runs := as_json("ls", "--flow", "slow")["runs"]):
        pass
    code, out, _ = cli("logs", runs[0]["id"], "-f", "--json")
    running.join()
    assert code == 0
    assert [json.loads(line)["message"] for line in out.splitlines()] == ["first", "second"]


@pytest.mark.parametrize(
    ("due", "done", "again"),
    [(60.0, None, True), (-60.0, None, False), (60.0, 1.0, False)],
    ids=["a retry is planned", "nothing is planned", "nothing is left to execute"],
)
def test_a_failed_run_is_followed_on_while_its_deployment_tries_it_again(waiting_run, due, done, again):
    run, ended = waiting_run(), time.time() - 30
    sql = open_sql(load_settings())
    with sql.writing() as connection:
        failed = {"state_kind": "failed", "state_name": "Failed", "ended_at": ended}
        connection.execute(flow_runs.update().values(**failed))
        connection.execute(deployment_runs.update().values(due_at=ended + due, done_at=done))
    sql.close()
    with opened_store() as store:
        assert logging_lines._comes_again(store.flow_run(run)) is again
