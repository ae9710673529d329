"""The connections through which SQLAlchemy reads a SQLite store, and writes what is not a run owner's to write."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from jupyter_flows.store.connection import WriteTransaction, connect, patiently
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.named_rows import named
from jupyter_flows.store.tables import metadata

Value = TypeVar("Value")


class SqlConnections:
    """The connections of one SQLite file, for any thread.

    Parameters
    ----------
    path
        The store's file, of the current schema.
    busy_seconds
        How long another process's lock is waited for.
    engine
        What gives the connections; one on the file when not given.
    """

    def __init__(self, path: Path, busy_seconds: float, engine: sa.Engine | None = None) -> None:
        self._path, self._busy_seconds = path, busy_seconds
        self._engine = engine or sa.create_engine(
            "sqlite://", creator=lambda: connect(path), poolclass=sa.QueuePool, isolation_level="AUTOCOMMIT"
        )

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._path

    def read(self, query: sa.Executable) -> list[Any]:
        """Return all rows of a query.

        Raises
        ------
        StoreUnavailable
        """

        def rows() -> list[Any]:
            with self._engine.connect() as connection:
                return list(connection.execute(query).all())

        return self._patiently(rows)

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return all rows of a query in the driver's own words; their columns are attributes.

        Raises
        ------
        StoreUnavailable
        """

        def rows() -> list[Any]:
            with self._engine.connect() as connection:
                return list(named(raw(connection).execute(statement, values)))

        return self._patiently(rows)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Hold one connection, for rows that are taken one by one.

        Raises
        ------
        StoreUnavailable
        """
        try:
            with self._patiently(self._engine.connect) as connection:
                yield connection
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise unavailable(self._path, error.orig) from error
            raise

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Hold the store's one write lock: all that is done in the block is written, or nothing of it.

        Raises
        ------
        StoreUnavailable
        """
        with self.reading() as connection, WriteTransaction(raw(connection), self._path, self._busy_seconds):
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _patiently(self, read: Callable[[], Value]) -> Value:
        return patiently(self._path, self._busy_seconds, lambda: _unwrapped(read))


def empty_sql() -> SqlConnections:
    """Connections to a store without any row, for who keeps runs in memory: they end with their process."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, isolation_level="AUTOCOMMIT")
    metadata.create_all(engine)
    return SqlConnections(Path(":memory:"), 0.0, engine)


def raw(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's own connection."""
    found = connection.connection.dbapi_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def _unwrapped(action: Callable[[], Value]) -> Value:
    """Raise SQLite's own error instead of SQLAlchemy's around it."""
    try:
        return action()
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from None
        raise


__all__ = ["SqlConnections", "empty_sql", "raw"]
