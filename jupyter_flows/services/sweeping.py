"""What the dead have left behind: runners, their claims and processes, and runs whose process is gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from time import monotonic

from jupyter_flows.model.owner import Owner
from jupyter_flows.services.runner_events import RunnerEvent, Tell
from jupyter_flows.services.runner_store import RunnerStore
from jupyter_flows.services.worker import kill_group
from jupyter_flows.store.liveness import is_this_machine, owner_is_dead
from jupyter_flows.store.settling import Settled, Standing


class Sweeper:
    """Looks for what nobody cares for any more.

    Parameters
    ----------
    store
        Of the runner.
    tell
        Told of everything that is found.
    grace
        Seconds that a process which has lost its runner gets to end by itself.
    """

    def __init__(self, store: RunnerStore, tell: Tell, grace: float) -> None:
        self._store, self._tell, self._grace = store, tell, grace
        self._orphans: dict[str, float] = {}  # run id to when, on the monotonic clock, it was first seen, or killed

    def sweep(self, now: float, executed: Collection[str]) -> None:
        """Look once.

        Parameters
        ----------
        now
            Seconds since the epoch.
        executed
            Runs that a living worker of this runner executes.

        Raises
        ------
        StoreUnavailable
        """
        claims = self._store.claims
        for runner_id in claims.stop_dead(now):
            self._tell(RunnerEvent(now, "dead", f"runner {runner_id} is dead; what it had claimed is free again"))
        self.record_lost(now)
        left: set[str] = set()
        for run_id, holder in claims.open_claims():
            if run_id not in executed and self._settle(run_id, holder, now) is Settled.RUNNING:
                left.add(run_id)
                self._look_at_orphan(run_id, holder, now)
        self._orphans = {run_id: since for run_id, since in self._orphans.items() if run_id in left}

    def record_lost(self, now: float) -> None:
        """Record every run whose process is gone as Crashed."""
        for run_id in self._store.reader.record_dead(now):
            self._tell(RunnerEvent(now, "lost", "its process is gone; recorded as Crashed", run_id, "", "Crashed"))

    def _settle(self, run_id: str, holder: str, now: float) -> Settled:
        settled = self._store.claims.settle(run_id, holder, now)
        if settled is Settled.RELEASED:
            text = "its runner died before it began; it waits again"
            self._tell(RunnerEvent(now, "returned", text, run_id))
        elif settled is Settled.AGAIN:
            self._tell(RunnerEvent(now, "again", "its next attempt waits", run_id))
        return settled

    def _look_at_orphan(self, run_id: str, holder: str, now: float) -> None:
        """A child ends by itself when its runner does; one that cannot is killed."""
        standing = self._store.claims.standing(run_id)
        if standing is None or not _is_orphan(standing):
            return
        since = self._orphans.setdefault(run_id, monotonic())
        if monotonic() - since >= self._grace and standing.owner is not None:
            kill_group(standing.owner.pid)
            self._orphans[run_id] = monotonic()  # to die may take it longer than to the next look
            text = f"process {standing.owner.pid} outlived its runner {holder} and was killed"
            self._tell(RunnerEvent(now, "orphan", text, run_id))


def _is_orphan(standing: Standing) -> bool:
    """Whether a run's process is a runner's child on this machine; it may as well be somebody's terminal."""
    owner = standing.owner
    if owner is None or not is_this_machine(owner) or owner_is_dead(owner, float("inf"), 0.0):
        return False
    return _is_worker(owner)


def _is_worker(owner: Owner) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    with suppress(OSError):
        words = Path(f"/proc/{owner.pid}/cmdline").read_bytes().split(b"\0")
        return b"--lifeline" in words and os.getpgid(owner.pid) == owner.pid
    return False


__all__ = ["Sweeper"]
