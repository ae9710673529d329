"""A store with many runs, written by the real writer, and how long the command line takes to answer from it.

``python -m benchmarks.answers [--runs 1000] [--tasks 20] [--keep FOLDER]``. Each answer is timed as a process of its
own, the least of five, beside `jupyter flows version`, which opens no store: the difference is the answer's.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from jupyter_flows.model.numbers import encode_numbers
from jupyter_flows.model.records import (
    FailureRecorded,
    FlowRunCreated,
    LogWritten,
    Record,
    StateEntered,
    TaskRunCreated,
)
from jupyter_flows.model.states import COMPLETED, FAILED, RUNNING, SCHEDULED, StateKind
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_writer
from jupyter_flows.store.liveness import this_owner

_ROOT = Path(__file__).resolve().parents[1]
FLOWS = ("flights-daily", "weather", "billing", "features", "reports")
TASKS = (
    *("extract", "clean", "join", "score", "rank", "plot", "export", "notify", "check", "load"),
    *("split", "merge", "train", "test", "publish", "archive", "sync", "count", "label", "close"),
)
_DAY = 86_400.0
_BATCH = 50
_LEASE = 20.0


def fill(folder: Path, runs: int = 1000, tasks: int = 20, days: float = 28.0, now: float | None = None) -> list[str]:
    """Write runs into the store of a data directory, spread over the last days; return their ids, oldest first."""
    drawn = random.Random(5)  # the same store each time, but for the clock
    owner = this_owner("benchmark")
    now = time.time() if now is None else now
    writer = open_writer(load_settings({"JUPYTER_DATA_DIR": str(folder)}))
    made: list[str] = []
    try:
        for first in range(0, runs, _BATCH):
            batch: dict[str, list[Record]] = {}
            for number in range(first, min(first + _BATCH, runs)):
                run_id = f"{drawn.getrandbits(128):032x}"
                start = now - days * _DAY * (1 - (number + 1) / (runs + 1))
                batch[run_id] = list(_run(run_id, number, start, tasks, drawn))
                made.append(run_id)
            writer.commit(batch, owner, now + _LEASE, durable=False)
    finally:
        writer.close()
    return made


def _run(run_id: str, number: int, start: float, tasks: int, drawn: random.Random) -> Iterator[Record]:
    flow = FLOWS[number % len(FLOWS)]
    parameters = json.dumps({"day": time.strftime("%Y-%m-%d", time.gmtime(start))})
    tags = ("nightly",) if number % 2 else ()
    yield FlowRunCreated(
        run_id,
        f"{flow}-{run_id[:6]}",
        flow,
        "flow",
        "1",
        parameters,
        tags,
        None,
        0,
        None,
        this_owner("benchmark"),
        start,
    )
    yield _state(run_id, 0, 1, RUNNING, start)
    at, failing = start, number % 17 == 0
    for task in range(1, tasks + 1):
        ends_badly = failing and task == 14
        at = yield from _task(run_id, task, at, ends_badly, drawn)
        if ends_badly:
            break
    for line in range(10):
        yield LogWritten(run_id, 1 + line % tasks, start + line, 20 if line else 30, "flow", f"row {line} of {number}")
    yield _state(run_id, 0, 2, FAILED if failing else COMPLETED, at, "ValueError: no rows" if failing else "")
    if failing:
        yield FailureRecorded(run_id, 0, 1, "ValueError", "ValueError: no rows", "Traceback", "{}")


def _task(run_id: str, number: int, start: float, fails: bool, drawn: random.Random) -> Iterator[Record]:
    """Give one task run's records; return when it ended."""
    name = TASKS[(number - 1) % len(TASKS)]
    after = encode_numbers([number - 1]) if number > 1 else ""
    took = (0.2 + number % 7) * drawn.lognormvariate(0.0, 0.4)
    flaky = name == "train" and drawn.random() < 0.2
    yield TaskRunCreated(run_id, number, name, name, "task", (), after, 0, 0, 0, start)
    yield _state(run_id, number, 1, RUNNING, start)
    version = 1
    if flaky:
        yield _state(run_id, number, 2, SCHEDULED, start + took / 2, "TimeoutError", name="AwaitingRetry")
        yield _state(run_id, number, 3, RUNNING, start + took / 2 + 1, attempt=2, name="Retrying")
        version = 3
    end = start + took
    if fails:
        trace = f'Traceback (most recent call last):\n  File "flow.py", line 7, in {name}\nValueError: no rows'
        yield FailureRecorded(run_id, number, 1, "ValueError", "ValueError: no rows", trace, '{"day": "2026-01-01"}')
    kind, message = (FAILED, "ValueError: no rows") if fails else (COMPLETED, "")
    yield _state(run_id, number, version + 1, kind, end, message, attempt=2 if flaky else 1)
    return end


def _state(
    run_id: str,
    number: int,
    version: int,
    kind: StateKind,
    at: float,
    message: str = "",
    *,
    attempt: int = 1,
    name: str = "",
) -> StateEntered:
    return StateEntered(run_id, number, version, kind, name or str(kind).capitalize(), message, at, attempt)


class Took(NamedTuple):
    """What a command took, from its process's start to its exit; in seconds."""

    wall: float
    processor: float

    def beside(self, floor: Took) -> str:
        """In words, with what is over a floor."""
        over, own = self.wall - floor.wall, self.processor - floor.processor
        walls = f"{self.wall * 1000:6.0f} ms ({over * 1000:+5.0f})"
        return f"{walls}, processor {self.processor * 1000:5.0f} ms ({own * 1000:+5.0f})"


def took_by(folder: Path, *arguments: str, rounds: int = 5) -> Took:
    """The least of some rounds; the processor's time says most where other processes are at work."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER_FLOWS_")}
    environment = {**kept, "JUPYTER_DATA_DIR": str(folder), "PYTHONPATH": str(_ROOT)}
    walls: list[float] = []
    processors: list[float] = []
    for _ in range(rounds):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "jupyter_flows.cli.main", *arguments],
            env=environment,
            cwd=_ROOT,
            capture_output=True,
        ).check_returncode()
        walls.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processors.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return Took(min(walls), min(processors))


def _exported(folder: Path, run: str, target: Path) -> Took:
    took = took_by(folder, "export", run, str(target), rounds=1)
    shutil.rmtree(target, ignore_errors=True)
    target.unlink(missing_ok=True)
    return took


def watch_share(folder: Path, seconds: float = 10.0) -> tuple[float, float]:
    """The share of one processor that `watch` takes while nothing happens, and its memory in MB."""
    handle, inner = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER_FLOWS_")}
    environment = {**kept, "JUPYTER_DATA_DIR": str(folder), "PYTHONPATH": str(_ROOT), "TERM": "xterm-256color"}
    watch = psutil.Popen(
        [sys.executable, "-m", "jupyter_flows.cli.main", "watch"],
        env=environment,
        cwd=_ROOT,
        stdin=inner,
        stdout=inner,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(3.0)
        before = sum(watch.cpu_times()[:2])
        time.sleep(seconds)
        return (sum(watch.cpu_times()[:2]) - before) / seconds, watch.memory_info().rss / 1e6
    finally:
        os.write(handle, b"q")
        watch.wait(10)
        os.close(handle)
        os.close(inner)


def main() -> None:
    """Fill a store and print what each answer takes."""
    parser = argparse.ArgumentParser(description="How long the command line takes to answer from a store of many runs.")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="fill this data directory and keep it")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = chosen.keep or Path(scratch)
        began = time.perf_counter()
        made = fill(folder, chosen.runs, chosen.tasks)
        print(f"{len(made):,} runs of {chosen.tasks} tasks written in {time.perf_counter() - began:.1f} s")
        floor = took_by(folder, "version")
        print(f"{'version':<24} {floor.beside(floor)}")
        failed = next(run for number, run in enumerate(made) if number % 17 == 0)
        for arguments in (
            ("ls", "--limit", "30"),
            ("stats",),
            ("stats", "--tasks"),
            ("stats", FLOWS[0]),
            ("why", failed),
            ("logs", made[-1]),
            ("watch", "--once"),
            ("doctor", "--quick"),
        ):
            said = " ".join(word[:12] for word in arguments)
            print(f"{said:<24} {took_by(folder, *arguments).beside(floor)}")
        for kind in ("folder", "folder.zip"):
            took = min(_exported(folder, failed, Path(scratch) / kind) for _ in range(3))
            print(f"{'export ' + kind:<24} {took.beside(floor)}")
        share, megabytes = watch_share(folder)
        print(f"{'watch, nothing happens':<24} {share * 100:6.2f} % of a processor, {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
