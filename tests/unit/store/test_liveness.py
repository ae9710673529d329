"""Who is alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_flows.store import liveness
from jupyter_flows.store.liveness import owner_is_dead, this_owner

ME = this_owner("t")
NOW = 1000.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_this_process_is_described_and_alive():
    assert ME.pid == os.getpid()
    assert ME.host
    assert ME.boot_id
    assert ME.process_started == started(os.getpid())
    assert not owner_is_dead(ME, NOW - 1e6, NOW), "alive is never dead, however silent"


@pytest.mark.parametrize(
    ("changes", "lease_until", "dead"),
    [
        ({"process_started": "1"}, NOW + 10, True),
        ({"boot_id": "another"}, NOW + 10, True),
        ({"host": "elsewhere"}, NOW + 10, False),
        ({"host": "elsewhere"}, NOW - 10, True),
        ({"host": "elsewhere", "boot_id": "another", "pid": 0}, NOW + 10, False),
        ({"process_started": ""}, NOW - 10, False),
    ],
)
def test_the_verdict_on_other_owners(changes: dict[str, str], lease_until: float, dead: bool):
    assert owner_is_dead(replace(ME, **changes), lease_until, NOW) is dead


def test_a_process_that_is_gone_is_dead_at_once(child: subprocess.Popen[bytes]):
    owner = replace(ME, pid=child.pid, process_started=started(child.pid))
    assert not owner_is_dead(owner, NOW - 10, NOW)
    child.kill()
    until(lambda: owner_is_dead(owner, NOW + 10, NOW))  # a zombie until it is waited for
    child.wait()
    assert owner_is_dead(owner, NOW + 10, NOW)


def test_a_stopped_process_is_dead_once_its_lease_has_passed(child: subprocess.Popen[bytes]):
    owner = replace(ME, pid=child.pid, process_started=started(child.pid))
    child.send_signal(signal.SIGSTOP)
    until(lambda: owner_is_dead(owner, NOW - 10, NOW))
    assert not owner_is_dead(owner, NOW + 10, NOW)
    child.send_signal(signal.SIGCONT)
    until(lambda: not owner_is_dead(owner, NOW - 10, NOW))


def test_without_proc_the_same_is_told_by_psutil(monkeypatch: pytest.MonkeyPatch, child: subprocess.Popen[bytes]):
    monkeypatch.setattr(liveness, "sys", SimpleNamespace(platform="other"))
    owner = this_owner("t")
    assert not owner_is_dead(owner, NOW - 10, NOW)
    assert owner_is_dead(replace(owner, process_started="1.00"), NOW + 10, NOW)
    child.kill()
    child.wait()
    assert owner_is_dead(replace(owner, pid=child.pid), NOW + 10, NOW)
