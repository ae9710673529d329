"""The store as the server uses it: opened when it is first asked for, kept open, and never waited for long."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_flows.errors import StoreUnavailable
from jupyter_flows.settings import Settings
from jupyter_flows.store.store_file import file_identity

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader
    from jupyter_flows.store.deployments import Deployments
    from jupyter_flows.store.ended_runs import EndedRuns
    from jupyter_flows.store.queue import Queue
    from jupyter_flows.store.sql_connections import SqlConnections

Opened = TypeVar("Opened")
_GONE = "put it back, or restart the server to begin a new store"


class StoreDoor:
    """The store of this server, for any thread.

    Parameters
    ----------
    settings
        Of this process.
    wait_seconds
        How long another process's lock is waited for: people look at a screen meanwhile.
    """

    def __init__(self, settings: Settings, wait_seconds: float) -> None:
        self.settings = replace(settings, busy_seconds=min(settings.busy_seconds, wait_seconds))
        self._lock = threading.Lock()
        self._reader: RunReader | None = None
        self._sql: SqlConnections | None = None
        self._file: tuple[int, int] | None = None

    @property
    def path(self) -> Path | None:
        """The store's file; None where runs are kept in memory."""
        return self.settings.database_path

    @property
    def is_there(self) -> bool:
        """Whether there is a store already: looking does not make one."""
        return self.path is not None and self.path.is_file()

    @property
    def is_known(self) -> bool:
        """Whether there is a store, or was one that is gone now, which whoever asks must be told."""
        return self.is_there or self._file is not None

    def reader(self) -> RunReader:
        """Return the reader of runs; it stays open.

        Raises
        ------
        StoreError
            The store cannot be opened, or its file was taken away.
        """
        with self._lock:
            self._check()
            if self._reader is None:
                from jupyter_flows.store import open_reader

                self._reader = self._opened(open_reader)
            return self._reader

    def sql(self) -> SqlConnections:
        """Return the connections for queries over many runs; they stay open.

        Raises
        ------
        StoreError
        """
        with self._lock:
            self._check()
            if self._sql is None:
                from jupyter_flows.store import open_sql

                self._sql = self._opened(open_sql)
            return self._sql

    def deployments(self) -> Deployments:
        """Open the deployments; used with ``with``.

        Raises
        ------
        StoreError
        """
        from jupyter_flows.store import open_deployments

        return self._checked(open_deployments)

    def queue(self) -> Queue:
        """Open the queue; used with ``with``.

        Raises
        ------
        StoreError
        """
        from jupyter_flows.store import open_queue

        return self._checked(open_queue)

    def ended_runs(self) -> EndedRuns:
        """Open the runs that have ended; used with ``with``.

        Raises
        ------
        StoreError
        """
        from jupyter_flows.store import open_ended_runs

        return self._checked(open_ended_runs)

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            self._close_opened()
            self._file = None

    def _checked(self, opens: Callable[[Settings], Opened]) -> Opened:
        with self._lock:
            self._check()
            return self._opened(opens)

    def _opened(self, opens: Callable[[Settings], Opened]) -> Opened:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a note about the store's place; `health` tells it
            opened = opens(self.settings)
        self._file = self._identity()
        return opened

    def _check(self) -> None:
        """SQLite would go on with a file that was deleted, and read one that was replaced with old eyes."""
        if self._file is None or (now := self._identity()) == self._file:
            return
        self._close_opened()
        if now is None:
            raise StoreUnavailable(str(self.path), "its file is gone", _GONE)
        self._file = None

    def _identity(self) -> tuple[int, int] | None:
        return None if self.path is None else file_identity(self.path)

    def _close_opened(self) -> None:
        parts: list[Any] = [self._reader, self._sql]
        self._reader = self._sql = None
        for part in parts:
            if part is not None:
                part.close()


__all__ = ["StoreDoor"]
