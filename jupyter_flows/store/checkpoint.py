"""Move the write-ahead log into the database file now and then, one process at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on this platform
    fcntl = None

_LARGE_WAL = 32 * 1024 * 1024  # bytes; the more a log holds, the fewer writes of one page reach the file
_ROWS_BETWEEN_LOOKS = 10_000
_COST_OF_COMMIT = 20  # in rows: a small commit writes whole pages


class Checkpointer:
    """Decides when this process should checkpoint, and does it.

    Parameters
    ----------
    connection
        The writer's connection; no transaction is open when `wrote` is called.
    path
        The store's file.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._rows = _ROWS_BETWEEN_LOOKS  # the first commit looks: short-lived writers beside an idle one must too

    def wrote(self, rows: int) -> None:
        """Count what a commit has written; look at the log's size from time to time."""
        self._rows += rows + _COST_OF_COMMIT
        if self._rows >= _ROWS_BETWEEN_LOOKS:
            self._rows = 0
            if _size(Path(f"{self._path}-wal")) >= _LARGE_WAL:
                checkpoint(self._connection, self._path)


def checkpoint(connection: sqlite3.Connection, path: Path, mode: str = "PASSIVE") -> None:
    """Checkpoint unless another process is at it; a failure is left for the next time, nothing is lost by it."""
    with _alone(path) as alone, contextlib.suppress(sqlite3.OperationalError):
        if alone:
            connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    if fcntl is None:  # SQLite's own lock still keeps two checkpoints apart
        yield True
        return
    try:
        lock = os.open(f"{path}.checkpoint", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield False
        return
    try:
        yield _locked(lock)
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
