"""Opening the store for a command."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_flows.cli.escaping import escaped
from jupyter_flows.settings import Settings, load_settings

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader
    from jupyter_flows.store.ended_runs import EndedRuns
    from jupyter_flows.store.named_rows import NoRows
    from jupyter_flows.store.sql_connections import SqlConnections
    from jupyter_flows.store.store_file import StoreFile


@contextmanager
def opened_store(settings: Settings | None = None) -> Iterator[RunReader]:
    """Open the store that the settings name, and close it afterwards; what it warns of is said in one line each."""
    from jupyter_flows.store import open_reader

    with _notes_said():
        reader = open_reader(settings or load_settings())
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def opened_ended_runs(settings: Settings | None = None) -> Iterator[EndedRuns]:
    """Open the same store for statistics of the runs that have ended."""
    from jupyter_flows.store import open_ended_runs

    with _notes_said():
        ended = open_ended_runs(settings or load_settings())
    try:
        yield ended
    finally:
        ended.close()


@contextmanager
def opened_rows(settings: Settings | None = None) -> Iterator[StoreFile | NoRows]:
    """Open the same store's file for fixed statements, which need no SQLAlchemy."""
    from jupyter_flows.store import open_file
    from jupyter_flows.store.named_rows import NoRows

    with _notes_said():
        file = open_file(settings or load_settings())
    if file is None:
        yield NoRows()
        return
    try:
        yield file
    finally:
        file.close()


@contextmanager
def opened_sql(settings: Settings | None = None) -> Iterator[SqlConnections]:
    """Open the same store for queries over many runs."""
    from jupyter_flows.store import open_sql

    with _notes_said():
        sql = open_sql(settings or load_settings())
    try:
        yield sql
    finally:
        sql.close()


@contextmanager
def _notes_said() -> Iterator[None]:
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        yield
    for note in notes:
        if issubclass(note.category, UserWarning):
            print(f"jupyter flows: note: {escaped(str(note.message))}", file=sys.stderr)
