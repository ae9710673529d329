"""One SQLite connection of ours: how it is opened, and how a write transaction begins and ends."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TypeVar
from urllib.parse import quote

from jupyter_flows.store.faults import is_busy, unavailable

BUSY_SLICE = 0.05  # seconds that one wait inside SQLite lasts: an interrupt is felt after it
SETTLED_WAL = 4 * 1024 * 1024  # bytes to which the log is cut when it starts anew after a checkpoint

Value = TypeVar("Value")


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a store's file, which must exist; statements are in autocommit mode.

    Raises
    ------
    sqlite3.Error
        The file cannot be opened.
    """
    address = f"file:{quote(str(path))}?mode={'ro' if read_only else 'rw'}"
    connection = sqlite3.connect(address, timeout=BUSY_SLICE, isolation_level=None, check_same_thread=False, uri=True)
    try:
        # Two connections checkpointing at once is what SQLite's known WAL bug needs: one of ours does it, under a lock.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {SETTLED_WAL}")
        connection.create_function("folded", 1, _folded, deterministic=True)
    except BaseException:
        connection.close()
        raise
    return connection


def _folded(value: object) -> str | None:
    """For SQL: a text in lower case, as Python has it."""
    return None if value is None else str(value).lower()


def patiently(path: Path, busy_seconds: float, action: Callable[[], Value]) -> Value:
    """Do something again while another process has the store locked.

    Raises
    ------
    StoreUnavailable
        The store stayed locked, or SQLite failed otherwise.
    """
    deadline = 0.0
    while True:
        try:
            return action()
        except sqlite3.Error as error:
            now = monotonic()
            deadline = deadline or now + busy_seconds
            if not is_busy(error) or now >= deadline:
                raise unavailable(path, error) from error


class WriteTransaction:
    """Hold the store's one write lock; whatever ends the block early, an interrupt too, leaves nothing written.

    A deferred transaction that read first would fail at once instead of waiting: hence BEGIN IMMEDIATE.

    Parameters
    ----------
    connection, path
        The connection and its file.
    busy_seconds
        How long another process's lock is waited for.

    Raises
    ------
    StoreUnavailable
        The lock was not to be had, or SQLite could not write.
    """

    __slots__ = ("_busy_seconds", "_connection", "_path")

    def __init__(self, connection: sqlite3.Connection, path: Path, busy_seconds: float) -> None:
        self._connection, self._path, self._busy_seconds = connection, path, busy_seconds

    def __enter__(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            patiently(self._path, self._busy_seconds, lambda: self._connection.execute("BEGIN IMMEDIATE"))
        except BaseException:
            self._roll_back()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            raise unavailable(self._path, fault) from fault
        finally:
            self._roll_back()
        if isinstance(error, sqlite3.OperationalError):
            raise unavailable(self._path, error) from error

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
