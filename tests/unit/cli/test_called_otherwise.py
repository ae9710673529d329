from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["show", "logs", "why", "resume", "cancel", "artifacts", "open"])
@pytest.mark.usefixtures("runs")
def test_a_flow_s_name_in_the_place_of_a_run_is_told_apart(cli, command):
    code, _, err = cli(command, "doubling")
    assert code == 2
    lists = "`jupyter flows ls --flow doubling` lists its runs"
    assert err == f"jupyter flows: 'doubling' is a flow, and no run; {lists}\n"
    assert "there is no run 'nobody'" in cli(command, "nobody")[2]


def test_so_is_a_deployment_s(cli, waiting_run):
    waiting_run()
    lists = "`jupyter flows ls --deployment morning` lists its runs"
    assert f"'morning' is a deployment, and no run; {lists}" in cli("show", "morning")[2]
    assert "No run fits: morning is a deployment. Say --deployment morning" in cli("ls", "--flow", "morning")[1]


def test_watch_knows_deployments_and_says_when_nothing_has_a_name(cli, waiting_run):
    waiting_run()
    _, out, err = cli("watch", "--once", "--flow", "morning")
    assert ("1 waiting" in out, err) == (True, "")
    _, out, err = cli("watch", "--once", "--flow", "nobody")
    assert "0 waiting" in out
    assert "Neither a flow nor a deployment is called 'nobody'" in err
