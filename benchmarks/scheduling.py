"""What schedules and runners cost: planning, claiming, the delay after a tick, and a runner that has nothing to do.

``python -m benchmarks.scheduling [--seconds N]`` prints each figure with its floor and target.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.schedules import CronSchedule, IntervalSchedule, from_json, to_json
from jupyter_flows.services.planner import Planner
from jupyter_flows.services.runner import Runner, RunnerOptions
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_deployments, open_queue
from jupyter_flows.store.claims import Claims
from jupyter_flows.store.liveness import this_owner

Row = tuple[str, str, str]

_DEPLOYMENTS, _TICKS = 1_000, 10
_QUEUED, _CLAIMERS, _AT_ONCE = 10_000, 4, 2
_CRONS = ("*/5 * * * *", "0 9 * * 1-5", "30 2 1 * *", "15 */6 * * *", "0 0 29 2 *")
# A child that ends its run at once: what is measured is the runner.
_END_AT_ONCE = """
import sys
from jupyter_flows.model.states import completed
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store.waiting_end import end_waiting
with open_queue(load_settings()) as queue, queue.file.writing() as connection:
    end_waiting(connection, sys.argv[1], completed(0.0))
"""
_SWIFT = (sys.executable, "-c", _END_AT_ONCE)
_CLAIMED = "SELECT claimed_at - tick FROM deployment_runs WHERE claimed_at IS NOT NULL"
_FIRST = (
    "SELECT CAST(l.message AS REAL) - q.tick FROM logs l JOIN deployment_runs q ON q.run_id = l.flow_run_id "
    "ORDER BY q.tick"
)
_NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "first",
            "metadata": {},
            "outputs": [],
            "source": "import time\nprint(time.time())",
        }
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def _definition(name: str, *schedules: ScheduleDefinition) -> DeploymentDefinition:
    return DeploymentDefinition(name, "report", "notebook", "/tmp/report.ipynb", "/tmp", schedules=schedules)


def _deployed(settings: Settings, definitions: list[DeploymentDefinition], at: float) -> list[Deployment]:
    ids = count(1)
    with open_deployments(settings) as deployments:
        return [
            deployments.apply(one, digest=one.name, at=at, new_id=lambda: f"id{next(ids)}").deployment
            for one in definitions
        ]


@contextlib.contextmanager
def _store() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield load_settings({"JUPYTER_DATA_DIR": folder})


def planning() -> list[Row]:
    """The next ticks of many stored schedules; then what deciding one due tick of each takes."""
    now = datetime(2027, 3, 27, tzinfo=UTC)
    texts = [to_json(CronSchedule(_CRONS[n % len(_CRONS)], timezone="Europe/Rome")) for n in range(_DEPLOYMENTS)]
    started = time.perf_counter()
    ticks = sum(len(list(islice(from_json(text).forward(now), _TICKS))) for text in texts)
    looked = time.perf_counter() - started
    with _store() as settings:
        begun = now.timestamp()
        every = to_json(IntervalSchedule(timedelta(minutes=1)))
        one = ScheduleDefinition("main", every)
        _deployed(settings, [_definition(f"d{n}", one) for n in range(_DEPLOYMENTS)], begun)
        with open_queue(settings) as queue, open_deployments(settings) as deployments:
            planner = Planner(queue, deployments)
            started = time.perf_counter()
            decided = len(planner.plan(begun + 60).decided)
            took = time.perf_counter() - started
    return [
        (f"next {_TICKS} ticks of {_DEPLOYMENTS} schedules ({ticks})", f"{looked:.2f} s", "<= 1 s"),
        (f"deciding {decided} ticks that are due at one instant", f"{took:.2f} s", ""),
    ]


def _claim_all(folder: str, number: int, begin: Any, told: Any) -> None:
    settings = load_settings({"JUPYTER_DATA_DIR": folder})
    with open_queue(settings) as queue, open_deployments(settings) as deployments:
        claims = Claims(queue, deployments, this_owner(f"runner{number}"), 60.0, {})
        claims.register(_AT_ONCE, time.time())
        begin.wait()
        began = time.time()
        mine: list[str] = []
        while found := claims.claim(time.time(), _AT_ONCE):
            mine += [claim.run.run_id for claim in found]
        told.put((mine, began, time.time()))


def claiming() -> list[Row]:
    """Many queued runs, some processes: each run once, and how many in a second."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"JUPYTER_DATA_DIR": folder})
        (deployment,) = _deployed(settings, [_definition("d")], time.time())
        with open_queue(settings) as queue:
            queue.add(_many(deployment))
            floor = _floor(settings)
        context = get_context("spawn")
        begin, told = context.Barrier(_CLAIMERS + 1), context.Queue()
        workers = [context.Process(target=_claim_all, args=(folder, n, begin, told)) for n in range(_CLAIMERS)]
        for worker in workers:
            worker.start()
        begin.wait()
        shares = [told.get() for _ in workers]
        for worker in workers:
            worker.join()
    claimed = [run for share, _, _ in shares for run in share]
    assert len(claimed) == len(set(claimed)) == _QUEUED, "a run was claimed twice, or never"
    took = max(ended for *_, ended in shares) - min(began for _, began, _ in shares)
    parts = "/".join(str(len(share)) for share, _, _ in shares)
    rate = f"{_QUEUED / took:.0f}/s ({took:.2f} s; bare updates in one process: {floor:.0f}/s)"
    return [(f"{_QUEUED} runs claimed once each by {_CLAIMERS} processes ({parts})", rate, ">= 500/s")]


def _many(deployment: Deployment) -> Iterator[NewRun]:
    at = time.time() - 60
    return (new_run(deployment, at=at) for _ in range(_QUEUED))


def _floor(settings: Settings) -> float:
    """Bare SQLite: one small update a transaction."""
    connection = sqlite3.connect(settings.database_path or "", isolation_level=None)
    connection.execute("CREATE TEMP TABLE bare (id INTEGER PRIMARY KEY, who TEXT)")
    connection.execute("CREATE TABLE bare_rows (id INTEGER PRIMARY KEY, who TEXT)")
    connection.executemany("INSERT INTO bare_rows VALUES (?, NULL)", [(n,) for n in range(1000)])
    started = time.perf_counter()
    for number in range(1000):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE bare_rows SET who = 'me' WHERE id = ?", (number,))
        connection.execute("COMMIT")
    took = time.perf_counter() - started
    connection.execute("DROP TABLE bare_rows")
    connection.close()
    return 1000 / took


@contextlib.contextmanager
def _runner(settings: Settings, *options: str, idle: float = 300.0) -> Iterator[subprocess.Popen[bytes]]:
    own = {"JUPYTER_FLOWS_DIR": str(settings.flows_dir), "JUPYTER_FLOWS_KERNEL_IDLE_SECONDS": str(idle)}
    environ = {**os.environ, **own}
    command = [sys.executable, "-m", "jupyter_flows.cli.main", "runner", "--grace", "2", *options]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def lateness(seconds: int) -> list[Row]:
    """When runs are claimed after their ticks, whatever executes them, beside a bare sleeper on the same machine."""
    with _store() as settings, _bare_sleeper() as late:
        _deployed(settings, [_ticking(1.0, "/tmp/report.ipynb")], time.time())
        runner = Runner(settings, RunnerOptions(workers=8, keep_ready=False, command=_SWIFT))
        runner.start()
        time.sleep(seconds + 2)
        runner.stop()
        claimed = _all(settings, _CLAIMED)
    return [
        ("a bare sleeper after each second", _spread(late), ""),
        (f"claimed after its tick ({len(claimed)}, each 1 s)", _spread(claimed), "never early; p95 <= 50 ms"),
    ]


@contextlib.contextmanager
def _bare_sleeper() -> Iterator[list[float]]:
    """Sleep to each second, and tell how late that was: what the machine itself takes."""
    ended, late = threading.Event(), list[float]()

    def sleep() -> None:
        while not ended.is_set():
            second = int(time.time()) + 1
            time.sleep(max(0.0, second - time.time()))
            late.append(time.time() - second)

    thread = threading.Thread(target=sleep)
    thread.start()
    try:
        yield late
    finally:
        ended.set()
        thread.join()


def first_statements(seconds: int) -> list[Row]:
    """When a notebook's first statement runs after its tick: warm, after an idle spell, and cold."""
    rows: list[Row] = []
    for title, every, options, idle in (
        ("warm", 3.0, (), 300.0),
        # What was ready has ended; it is made ready again before the tick.
        ("after an idle spell", 15.0, (), 1.0),
        ("cold (--no-spare)", 6.0, ("--no-spare",), 300.0),
    ):
        first = _first_statements(every, seconds, options, idle)
        target = "" if options else "p95 <= 150 ms"
        rows.append((f"first statement, {title} ({len(first)}, each {every:g} s)", _spread(first), target))
    return rows


def _first_statements(every: float, seconds: int, options: Sequence[str], idle: float) -> list[float]:
    """Run a notebook at each tick; the first tick is left out: what is made ready was not asked for before."""
    with _store() as settings:
        path = settings.flows_dir.parent / "tick.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_NOTEBOOK))
        with _runner(settings, "--workers", "2", *options, idle=idle):
            time.sleep(3)
            _deployed(settings, [_ticking(every, str(path))], time.time())
            time.sleep(seconds + every + 1)
        return _all(settings, _FIRST)[1:]


def _ticking(every: float, target: str) -> DeploymentDefinition:
    schedule = ScheduleDefinition("main", to_json(IntervalSchedule(timedelta(seconds=every))), overlap="allow")
    return replace(_definition("ticking", schedule), target=target, directory=str(Path(target).parent))


def _all(settings: Settings, query: str) -> list[float]:
    connection = sqlite3.connect(settings.database_path or "")
    try:
        return [value for (value,) in connection.execute(query) if value is not None]
    finally:
        connection.close()


def _spread(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "too few"
    p95 = quantiles(seconds, n=20)[-1]
    return (
        f"p50 {median(seconds) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms "
        f"[{min(seconds) * 1e3:.0f}..{max(seconds) * 1e3:.0f}]"
    )


def idling(seconds: int) -> list[Row]:
    """A runner with a hundred schedules that are not due for long, and nothing to do."""
    with _store() as settings:
        yearly = ScheduleDefinition("main", to_json(CronSchedule("0 0 29 2 *")))
        _deployed(settings, [_definition(f"d{n}", yearly) for n in range(100)], time.time())
        with _runner(settings, "--no-spare") as process:
            time.sleep(3)
            before, began = _cpu(process.pid), time.monotonic()
            time.sleep(seconds)
            share = (_cpu(process.pid) - before) / (time.monotonic() - began)
            memory = _memory(process.pid)
    return [
        ("an idle runner: processor", f"{share:.2%} of a core", "<= 1 %"),
        ("an idle runner: memory", f"{memory:.0f} MB resident", "<= 80 MB"),
    ]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60, help="of each part that waits for ticks (60)")
    seconds = parser.parse_args().seconds
    timed = (lambda: idling(seconds // 2), lambda: lateness(seconds), lambda: first_statements(seconds))
    parts: list[Callable[[], list[Row]]] = [planning, claiming, *timed]
    for part in parts:
        for title, figure, target in part():
            print(f"{title:<62} {figure}{f'   (to reach: {target})' if target else ''}", flush=True)


if __name__ == "__main__":
    main()
