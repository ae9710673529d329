"""Finding kept results by cache key: one fixed statement on a connection of its own, without SQLAlchemy."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.results import KeptResult
from jupyter_flows.store import columns
from jupyter_flows.store.faults import unavailable

_FIND = (
    f"SELECT {', '.join(columns.RESULTS)} FROM results "  # noqa: S608 - our own names
    "WHERE cache_key = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY at DESC LIMIT 1"
)


class SqliteResultIndex:
    """A `ResultIndex` on a current store.

    Parameters
    ----------
    path
        The store's file, which a writer of this process has prepared.
    busy_seconds
        How long a locked store is waited for.
    """

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise unavailable(path, error) from error

    def find(self, cache_key: str, at: float) -> ResultKept | None:
        """See `ResultIndex.find`."""
        try:
            with self._lock:
                row = self._connection.execute(_FIND, (cache_key, at)).fetchone()
        except sqlite3.Error as error:
            raise unavailable(self._path, error) from error
        if row is None:
            return None
        run_id, number, attempt, kept_at, key, expires_at, *result = row
        return ResultKept(run_id, number, attempt, kept_at, key, expires_at, KeptResult(*result))

    def close(self) -> None:
        """See `ResultIndex.close`."""
        self._connection.close()
