"""What a runner has opened of the store, as one: it is opened anew where the file was replaced."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from time import time

from jupyter_flows.errors import NeedsStoreFile
from jupyter_flows.services.planner import Planner
from jupyter_flows.settings import Settings
from jupyter_flows.store import open_deployments, open_queue, open_reader
from jupyter_flows.store.claims import Claims
from jupyter_flows.store.liveness import this_owner


class RunnerStore:
    """The store of one runner, which is registered there.

    Parameters
    ----------
    settings
        Which store.
    workers
        How many runs the runner executes at a time; 0 for one that is there for certain runs only.

    Raises
    ------
    NeedsStoreFile, SchemaMismatch, StoreUnavailable
    """

    def __init__(self, settings: Settings, workers: int, serves: Collection[str] | None = None) -> None:
        self._settings, self._workers, self._serves = settings, workers, serves
        self.queue = open_queue(settings)
        self.deployments = open_deployments(settings)
        self.reader = open_reader(settings)
        self.planner = Planner(self.queue, self.deployments)
        self.claims = self._register()

    def register_anew(self) -> str:
        """Be there under a new id, because others took the runner for dead; return the id until now."""
        before = self.claims.runner.token
        self.claims = self._register()
        return before

    def check(self) -> None:
        """Make sure that the file is still there.

        Raises
        ------
        StoreUnavailable
        """
        self.queue.file.check()

    def close(self) -> None:
        """Close every connection."""
        for part in (self.queue, self.deployments, self.reader):
            part.close()

    def _register(self) -> Claims:
        owner = this_owner(os.urandom(6).hex())
        lease = self._settings.lease_seconds
        claims = Claims(self.queue, self.deployments, owner, lease, self._settings.limits)
        claims.register(self._workers, time(), self._serves)
        return claims


def check_kept_in_file(settings: Settings) -> Path:
    """Return the file of a store that other processes see.

    Raises
    ------
    NeedsStoreFile
    """
    if settings.database_path is None:
        raise NeedsStoreFile("a runner")
    return settings.database_path


def file_exists(settings: Settings) -> bool:
    """Whether the store's file is there; a runner never makes a new one in the place of one that was deleted."""
    return check_kept_in_file(settings).exists()


__all__ = ["RunnerStore", "check_kept_in_file", "file_exists"]
