from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from jupyter_flows.model.deployments import DeploymentDefinition
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_deployments, open_queue


def test_cancelling_an_ended_run_says_so(cli, as_json, runs):
    run = as_json("ls")["runs"][0]["id"]
    code, out, _ = cli("cancel", run)
    assert code == 0
    assert "had already ended (Failed)" in out
    assert as_json("cancel", run)["requested"] is False


@pytest.fixture
def sleeper(data_dir, tmp_path):
    """A process that runs a flow which sleeps in a task."""
    program = tmp_path / "sleeper.py"
    program.write_text(
        textwrap.dedent("""
        import time
        from jupyter_flows import flow, task
        @task
        def nap():
            print("napping", flush=True)
            time.sleep(60)
        @flow
        def sleeper():
            nap()
        sleeper()
        """)
    )
    with subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "napping\n"
        yield process
        process.kill()


def test_cancel_stops_a_run_of_another_process(sleeper, as_json):
    while not (found := as_json("ls")["runs"]):
        pass
    said = as_json("cancel", found[0]["id"], "--wait", "30")
    assert said["requested"] is True
    assert said["run"]["state"]["type"] == "cancelled"
    assert as_json("show", found[0]["id"])["task_runs"][0]["state"]["type"] == "cancelled"


def test_cancelling_a_run_that_waits_for_its_next_attempt_takes_it_from_the_queue(cli, data_dir):
    definition = DeploymentDefinition("daily", "report", "notebook", "/w/report.ipynb", "/w", retries=3)
    settings = load_settings()
    with open_deployments(settings) as deployments, open_queue(settings) as queue:
        deployment = deployments.apply(definition, digest="1", at=1.0, new_id=lambda: "d1").deployment
        run_id = create_run(queue, deployment, at=1.0).run_id
        with queue.file.writing() as connection:
            connection.execute("UPDATE flow_runs SET state_kind = 'failed', state_name = 'Failed', ended_at = 1.0")
        code, out, _ = cli("cancel", run_id)
        assert (code, queue.run(run_id).done_at is not None) == (0, True)
    assert "waits for no further attempt any more" in out
    assert "had already ended" in cli("cancel", run_id)[1]


def test_cancelling_a_run_that_waits_for_a_runner_ends_it_at_once(cli, data_dir):
    definition = DeploymentDefinition("daily", "report", "notebook", "/w/report.ipynb", "/w")
    settings = load_settings()
    with open_deployments(settings) as deployments, open_queue(settings) as queue:
        deployment = deployments.apply(definition, digest="1", at=1.0, new_id=lambda: "d1").deployment
        run_id = create_run(queue, deployment, at=1.0).run_id
        assert "is cancelled" in cli("cancel", run_id)[1]
        assert queue.run(run_id).done_at is not None
