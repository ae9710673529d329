"""One connection to the store's file, for any thread, and what parts of the store are made of it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from jupyter_flows.errors import StoreUnavailable
from jupyter_flows.store.checkpoint import Checkpointer
from jupyter_flows.store.connection import WriteTransaction, connect, patiently
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.named_rows import named

Value = TypeVar("Value")


class StoreFile:
    """One connection, whose transactions follow one another.

    Parameters
    ----------
    path
        The store's file, of the current schema.
    busy_seconds
        How long another process's lock is waited for.

    Raises
    ------
    StoreUnavailable
        The file cannot be opened.
    """

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        try:
            self._identity = file_identity(path)
            self._connection = connect(path)
            self._connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error as error:
            raise unavailable(path, error) from error
        self._durable = False
        self._checkpointer = Checkpointer(self._connection, path)

    def read(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.reading(lambda connection: connection.execute(statement, values).fetchall())

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return all rows of a query; their columns are attributes."""
        return self.reading(lambda connection: list(named(connection.execute(statement, values))))

    def reading(self, action: Callable[[sqlite3.Connection], Value]) -> Value:
        """Do something that writes nothing; again where another process has the store locked.

        Raises
        ------
        StoreUnavailable
        """
        with self._lock:
            return patiently(self.path, self._busy_seconds, lambda: action(self._connection))

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Hold the store's one write lock: all that is done in the block is written, or nothing of it.

        Parameters
        ----------
        durable
            Whether it is on the disk (synced) when the block has ended.

        Raises
        ------
        StoreUnavailable
        """
        with self._lock:
            if durable is not self._durable:
                self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            before = self._connection.total_changes
            with WriteTransaction(self._connection, self.path, self._busy_seconds):
                yield self._connection
            self._checkpointer.wrote(self._connection.total_changes - before)

    def execute(self, statement: str, *values: object) -> None:
        """Change something, inside the block of `writing`."""
        self._connection.execute(statement, values)

    def data_version(self) -> int:
        """A number that changes when another connection has written."""
        return self.read("PRAGMA data_version")[0][0]

    def check(self) -> None:
        """Make sure that the file is still the one that was opened: SQLite would go on with one that was deleted.

        Raises
        ------
        StoreUnavailable
        """
        if file_identity(self.path) != self._identity:
            why = "its file was deleted or replaced"
            raise StoreUnavailable(str(self.path), why, "put it back; what was not written is lost with it")

    def close(self) -> None:
        """Close the connection, once nobody uses it."""
        with self._lock:
            self._connection.close()


class StorePart:
    """Some of the store's tables, on a connection of its own, for any thread.

    Parameters
    ----------
    path
        The store's file, of the current schema.
    busy_seconds
        How long another process's lock is waited for.

    Raises
    ------
    StoreUnavailable
        The file cannot be opened.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 30.0) -> None:
        self.file = StoreFile(path, busy_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.file.close()


def file_identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path, to be told from another one put in its place; None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


__all__ = ["StoreFile", "StorePart", "file_identity"]
