"""What the dead have left behind, with a store that is only pretended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_flows.model.owner import Owner
from jupyter_flows.services import sweeping
from jupyter_flows.services.runner_events import RunnerEvent
from jupyter_flows.services.sweeping import Sweeper
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.settling import Settled, Standing

LIVES = "import sys; sys.stdin.read()"


@pytest.fixture
def orphan() -> Iterator[Owner]:
    """A process that looks like a worker."""
    command = [sys.executable, "-c", LIVES, "--lifeline", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
        here = this_owner("token")
        yield Owner(here.host, here.boot_id, process.pid, "", here.token)
        process.kill()


def test_an_orphan_that_takes_long_to_die_is_told_once_and_killed_again_after_the_grace(
    orphan: Owner, monkeypatch: pytest.MonkeyPatch
):
    clock, killed, told = [0.0], list[tuple[float, int]](), list[RunnerEvent]()
    monkeypatch.setattr(sweeping, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sweeping, "kill_group", lambda pid: killed.append((clock[0], pid)))
    claims: Any = SimpleNamespace(
        stop_dead=lambda now: [],
        open_claims=lambda: [("run", "runner")],
        settle=lambda *_: Settled.RUNNING,
        standing=lambda _: Standing("runner", "running", "Running", 1, None, orphan, 0.0),
    )
    store: Any = SimpleNamespace(claims=claims, reader=SimpleNamespace(record_dead=lambda now: []))
    sweeper = Sweeper(store, told.append, 10.0)
    for clock[0] in (0.0, 5.0, 10.0, 10.1, 15.0, 20.0):
        sweeper.sweep(0.0, ())
    assert killed == [(10.0, orphan.pid), (20.0, orphan.pid)]
    assert [event.kind for event in told] == ["orphan", "orphan"]
