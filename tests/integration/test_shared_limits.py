"""One limit, several processes: tasks in threads, async tasks and blocks never pass it together."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from jupyter_flows.settings import load_settings
from jupyter_flows.store.limits import Limits
from jupyter_flows.store.location import open_sql

PROGRAM = """
import asyncio, os, sys, time
from jupyter_flows import concurrency, flow, task

def note(what):
    os.write(out, f"{what} {os.getpid()}\\n".encode())

out = os.open("log.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

@task(tags=["db"])
def threaded(number):
    note("+"), time.sleep(0.01), note("-")

@task(tags=["db"])
async def looped(number):
    note("+"), await asyncio.sleep(0.01), note("-")

@flow
def threads():
    [one.result() for one in threaded.map(range(20))]

@flow
async def loop():
    await asyncio.gather(*[looped(number) for number in range(20)])
    async with concurrency("db"):
        note("+"), await asyncio.sleep(0.01), note("-")

def hold():
    with concurrency("db", occupy=2):
        note("holds"), sys.stdin.read()

{"threads": threads, "loop": lambda: asyncio.run(loop()), "hold": hold}[sys.argv[1]]()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "program.py").write_text(PROGRAM)
    limits = Limits(open_sql(load_settings()))
    limits.set("db", 2, time.time())
    limits.close()
    return tmp_path


def start(folder: Path, what: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "program.py", what], cwd=folder, stdin=subprocess.PIPE)


def wait_for(folder: Path, word: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        log = folder / "log.txt"
        if log.exists() and word in log.read_text():
            return
        time.sleep(0.01)
    raise AssertionError(f"{word!r} was never said")


def test_processes_never_pass_a_limit_together_and_slots_of_a_killed_one_are_free(folder: Path):
    holder = start(folder, "hold")
    wait_for(folder, "holds")
    with start(folder, "threads") as first, start(folder, "loop") as second:
        _wait_until_others_wait()
        holder.kill()
        holder.communicate()
        assert (first.wait(60), second.wait(60)) == (0, 0)
    lines = [line.split()[0] for line in (folder / "log.txt").read_text().splitlines()]
    assert lines[0] == "holds"
    held = most = 0
    for line in lines[1:]:
        held += 1 if line == "+" else -1
        most = max(most, held)
    assert (most, held, len(lines)) == (2, 0, 1 + 2 * (20 + 21))
    assert _rows() == []


def _wait_until_others_wait() -> None:
    """Both have found no room: two rows without slots are there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if sum(slots == 0 for _, slots in _rows()) == 2:
            return
        time.sleep(0.01)
    raise AssertionError(f"they never waited: {_rows()}")


def _rows() -> list[tuple[str, int]]:
    import sqlite3

    path = load_settings().database_path
    assert path is not None
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT run_id, slots FROM limit_slots").fetchall()
    connection.close()
    return found
