"""Deployments that are run by hand and backfilled, as a person does: real processes, with and without a runner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CLI = [sys.executable, "-m", "jupyter_flows.cli.main"]
RANGE = ("--from", "2026-01-01", "--to", "2026-01-05")
FLOWS = """\
import os
import time
from datetime import date
from pathlib import Path

from jupyter_flows import flow

HERE = Path(__file__).parent

@flow
def daily(day: date):
    with open(HERE / "ledger.txt", "a") as ledger:
        ledger.write(f"{day}\\n")
    while (HERE / "wait.txt").exists():
        time.sleep(0.05)
    if day.day == 3 and not (HERE / "mended.txt").exists():
        raise ValueError(f"no rows on {day}")
    return day.day
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    fast = {"JUPYTER_FLOWS_POLL_SECONDS": "0.1", "JUPYTER_FLOWS_HEARTBEAT_SECONDS": "0.5"}
    return {**os.environ, "JUPYTER_DATA_DIR": str(tmp_path / "data"), **fast}


@pytest.fixture
def cli(tmp_path: Path, environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*CLI, *argv], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)

    return call


@pytest.fixture
def deployed(tmp_path: Path, cli: Callable[..., subprocess.CompletedProcess[str]]) -> Path:
    (tmp_path / "flows.py").write_text(FLOWS)
    made = cli("deploy", "flows.py:daily", "--name", "night", "-p", "day={tick:%Y-%m-%d}", "--at", "09:00")
    assert made.returncode == 0, made.stderr
    return tmp_path


@pytest.fixture
def background(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*argv: str) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        started.append(subprocess.Popen([*CLI, *argv], cwd=tmp_path, env=environment, **pipes))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def ledger(folder: Path) -> list[str]:
    path = folder / "ledger.txt"
    return path.read_text().split() if path.exists() else []


def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it did not come to pass"
        time.sleep(0.05)


def test_each_day_runs_once_with_its_own_parameters_then_only_the_failed_one_again(cli, deployed):
    first = cli("backfill", "night", *RANGE, "--max-active", "2")

    assert first.returncode == 1
    assert "no runner is there: they are executed here" in first.stderr
    assert sorted(ledger(deployed)) == [f"2026-01-0{day}" for day in (1, 2, 3, 4)]
    assert "night: 4 runs: 3 Completed, 1 Failed" in first.stdout

    second = cli("backfill", "night", *RANGE)
    assert second.returncode == 0
    assert "1 did not complete; --again-failed runs them again" in second.stdout
    assert len(ledger(deployed)) == 4

    (deployed / "mended.txt").touch()
    third = cli("backfill", "night", *RANGE, "--again-failed", "--json")
    told = json.loads(third.stdout)
    assert third.returncode == 0
    assert [(one["tick"][:10], one["state"]["name"]) for one in told["runs"]] == [("2026-01-03", "Completed")]
    assert ledger(deployed)[4:] == ["2026-01-03"]


def test_a_runner_that_is_there_executes_what_is_run_by_hand_and_backfilled(cli, deployed, background):
    runner = background("runner", "--workers", "2", "--json")
    assert runner.stdout is not None
    until(lambda: "started" in runner.stdout.readline())

    by_hand = cli("run", "--deployment", "night", "-p", "day=2026-02-01")
    assert (by_hand.returncode, "a runner executes it" in by_hand.stderr) == (0, True)
    assert "Completed  night-" in by_hand.stdout

    (deployed / "mended.txt").touch()
    filled = cli("backfill", "night", *RANGE, "--max-active", "1")
    assert filled.returncode == 0, filled.stdout + filled.stderr
    assert "a runner executes them" in filled.stderr
    assert ledger(deployed) == ["2026-02-01", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]


def test_an_interrupt_ends_what_runs_here_and_cancels_what_waits(cli, deployed, background):
    (deployed / "wait.txt").touch()
    backfill = background("backfill", "night", *RANGE)
    until(lambda: ledger(deployed))

    backfill.send_signal(signal.SIGINT)
    out, _ = backfill.communicate(timeout=60)

    assert backfill.returncode == 130, out
    states = [one["state"]["name"] for one in json.loads(cli("ls", "--json").stdout)["runs"]]
    assert states == ["Cancelled"] * 4
    assert ledger(deployed) == ["2026-01-01"]
    (deployed / "wait.txt").unlink()
    again = json.loads(cli("backfill", "night", *RANGE, "--dry-run", "--json").stdout)
    assert [one["tick"][8:10] for one in again["to_run"]] == ["02", "03", "04"]  # the first one was begun
