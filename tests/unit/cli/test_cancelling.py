from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


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
