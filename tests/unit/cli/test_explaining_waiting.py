from __future__ import annotations

import time

from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_sql
from jupyter_flows.store.tables import deployments, ticks


def write(statement):
    sql = open_sql(load_settings())
    with sql.writing() as connection:
        connection.execute(statement)
    sql.close()


def test_why_of_a_waiting_run_says_that_no_runner_is_there(cli, as_json, waiting_run):
    run = waiting_run()
    code, out, err = cli("why", run)
    assert (code, err) == (0, "")
    assert "waits  no runner is there to execute it" in out
    assert "start one: jupyter flows runner" in out
    (told,) = as_json("why", run)["waiting"]
    assert told["reason"] == "no runner"


def test_why_of_a_run_of_the_future_says_when_it_is_due(cli, waiting_run):
    assert "waits  it is due in" in cli("why", waiting_run(due_at=time.time() + 3600))[1]


def test_why_of_a_deployment_tells_what_became_of_its_ticks(cli, as_json, waiting_run):
    run = waiting_run()
    told = {"schedule_id": "schedule-1", "decided_at": time.time()}
    write(ticks.insert().values(at=3600.0, run_id=None, outcome="overlap", reason="run abc was not done", **told))
    write(ticks.insert().values(at=7200.0, run_id=run, outcome="run", reason=None, **told))

    code, out, err = cli("why", "morning")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "morning  deployment of doubling"
    assert lines[1].startswith("  schedule hourly ticks next at")
    assert lines[2] == "  no runner is there to execute it; start one: jupyter flows runner"
    assert run[:8] in lines[5]
    assert lines[6].endswith("overlap: run abc was not done")
    assert [one["outcome"] for one in as_json("why", "morning")["ticks"]] == ["run", "overlap"]


def test_why_of_a_paused_deployment_says_how_it_goes_on(cli, waiting_run):
    waiting_run()
    write(deployments.update().values(paused=1))
    assert "no tick of it runs until: jupyter flows schedules start morning" in cli("why", "morning")[1]


def test_why_of_nothing_known_is_refused(cli):
    code, out, err = cli("why", "nothing")
    assert (code, out) == (2, "")
    assert "there is no run 'nothing'" in err
