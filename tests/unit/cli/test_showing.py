from __future__ import annotations

import pytest

from jupyter_flows import flow, task

pytestmark = pytest.mark.usefixtures("runs")


def test_show_gives_the_run_and_its_task_runs(as_json):
    newest = as_json("ls", "--flow", "doubling")["runs"][0]

    found = as_json("show", newest["id"][:6])

    assert found["id"] == newest["id"]
    states = [run["state"]["name"] for run in found["task_runs"]]
    assert states == ["Completed", "Completed", "Completed", "Failed", "Completed"]
    third = found["task_runs"][3]
    assert (third["attempts"], third["map_index"], third["number"], third["task"]) == (1, 3, 4, "double")
    assert third["id"] == f"{newest['id']}-4"


def test_show_takes_a_name(as_json):
    newest = as_json("ls")["runs"][0]
    assert as_json("show", newest["name"])["id"] == newest["id"]


def test_show_keeps_one_record_on_one_line(cli, as_json):
    run = as_json("ls", "--flow", "doubling")["runs"][0]
    code, out, _ = cli("show", run["id"])

    assert code == 0
    assert "\x1b" not in out
    assert len([line for line in out.splitlines() if "Failed" in line]) == 2


def test_show_leaves_most_of_a_large_map_out_but_never_its_failures(cli):
    @task
    def one(x: int) -> int:
        return 1 // (x - 250)

    @flow(name="large")
    def large() -> str:
        for future in one.map(range(300)):
            future.wait()
        return "done"

    large(return_state=True)
    run = cli("ls", "--flow", "large")[1].splitlines()[1].split()[0]
    _, out, _ = cli("show", run)

    assert "Failed" in out and "251" in out
    assert "… and 240 more task runs" in out
    assert len(out.splitlines()) < 80


@pytest.mark.parametrize("command", ["show", "logs", "why", "cancel"])
def test_an_unknown_run_is_one_line_and_bad_input(cli, command):
    code, out, err = cli(command, "no\x1b[31msuch")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "there is no run" in err and "\x1b" not in err


def test_show_names_the_deployment_and_the_tick_of_a_run(cli, as_json, waiting_run):
    run = waiting_run()
    _, out, _ = cli("show", run)
    assert "deployment  morning (version 1, by schedule hourly)" in out
    assert "tick" in out
    assert as_json("show", run)["deployment"]["name"] == "morning"
