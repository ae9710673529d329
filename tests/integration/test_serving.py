"""Serving with real processes: deployments and their runner in one, runs in its children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import Deployment, find_run
from jupyter_flows.authoring.serving import serve
from jupyter_flows.authoring.targets import find_flow
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader
from jupyter_flows.testing import flows_test_harness

PATIENCE = 60.0


def test_what_is_due_is_run(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with flows_test_harness():
        _serve_what_is_due(tmp_path, caplog)


def _serve_what_is_due(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "served_flow.py"
    path.write_text("from jupyter_flows import flow\n@flow\ndef double(n: int):\n    return 2 * n\ndouble.serve()\n")
    found: Any = find_flow(str(path))
    made = Deployment("d", found, parameters={"n": 4}).apply()
    run = made.run(timeout=0)
    other = Deployment("other", found, parameters={"n": 4}).apply().run(timeout=0)
    caplog.set_level("INFO")
    serve(made, workers=1, once=True)
    ended = find_run(run.id).run
    assert (ended.state.name, ended.value) == ("Completed", "8")
    assert find_run(other.id).state.name == "Scheduled"
    assert f"ended  d  {run.id}  Completed" in caplog.messages


def test_a_script_serves_until_it_is_told_to_stop(tmp_path: Path):
    script = tmp_path / "served.py"
    script.write_text(
        textwrap.dedent("""\
        from jupyter_flows import flow

        @flow
        def ticking(at: str):
            return at

        ticking.serve("ticks", interval=1, parameters={"at": "{tick}"}, workers=1)
        print("stopped")
        """)
    )
    environ = {**os.environ, "JUPYTER_FLOWS_DIR": str(tmp_path / "flows")}
    child = subprocess.Popen([sys.executable, str(script)], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        runs = _wait_for_a_completed_run(environ)
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=PATIENCE)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 0
    assert said.splitlines()[-1] == "stopped"
    assert "ended  ticks" in said
    assert {run.flow for run in runs} == {"ticking"}


def _wait_for_a_completed_run(environ: dict[str, str]) -> list[Any]:
    settings = load_settings(environ)
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if settings.database_path is not None and settings.database_path.exists():
            reader = open_reader(settings)
            try:
                runs = reader.flow_runs(RunFilter())
            finally:
                reader.close()
            if any(run.state.is_completed() for run in runs):
                return runs
        time.sleep(0.1)
    raise AssertionError("no run completed in time")
