"""Rows whose columns are attributes, straight from the driver: loading SQLAlchemy takes longer than most queries."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

IN_MEMORY = Path(":memory:")


class Rows(Protocol):
    """What reads a store by fixed statements: its file, the connections of SQLAlchemy, or nothing at all."""

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return all rows of a query; their columns are attributes."""
        ...


class Placed(Protocol):
    """What knows where the store is."""

    @property
    def path(self) -> Path:
        """The store's file; `IN_MEMORY` for none."""
        ...


class NoRows:
    """In place of a store's file, where runs are kept in memory."""

    path = IN_MEMORY

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Find nothing."""
        del statement, values
        return []


def named(cursor: sqlite3.Cursor) -> Iterator[Any]:
    """Give the rows of a query one by one, each a tuple whose columns are attributes too."""
    make = _row_type(tuple(column[0] for column in cursor.description or ()))
    return (make(*row) for row in cursor)


@lru_cache(maxsize=64)
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)  # what has no name of its own is told by its place


__all__ = ["IN_MEMORY", "NoRows", "Placed", "Rows", "named"]
