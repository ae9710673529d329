"""The store's file: its schema, its size, whether it is whole; and SQLite itself. Nothing is written to it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding
from jupyter_flows.settings import Settings
from jupyter_flows.store.connection import connect
from jupyter_flows.store.faults import unavailable
from jupyter_flows.store.revision import HEAD, KNOWN
from jupyter_flows.store.schema import FOREIGN, revision_of

_MB = 1_000_000
_LARGE_LOG = 500 * _MB
_CHECK_SECONDS = 10.0
_STEPS = 100_000  # of SQLite's machine between two looks at the clock

# Two connections that checkpoint and write at one moment may damage a file: https://www.sqlite.org/wal.html#walresetbug
_RESET_FROM, _RESET_FIXED = (3, 7, 0), (3, 51, 3)
_RESET_BACKPORTS = {(3, 44): 6, (3, 50): 7}
_LEAST = (3, 35, 0)  # RETURNING


def look_at_sqlite(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> Finding:
    """Look at the version of SQLite."""
    shown = f"SQLite {'.'.join(map(str, version))}"
    if version < _LEAST:
        return Finding(FAIL, "sqlite", f"{shown} is too old", "use a Python with SQLite 3.35 or newer")
    if has_reset_defect(version):
        said = f"{shown} has the defect of logs that are reset (before 3.51.3); here one process at a time checkpoints"
        return Finding(OK, "sqlite", said, "write to the store by no other program")
    return Finding(OK, "sqlite", f"{shown}, without a defect that is known to matter here")


def has_reset_defect(version: tuple[int, int, int]) -> bool:
    """Whether a version of SQLite has the defect of logs that are reset while they are checkpointed."""
    mended = _RESET_BACKPORTS.get((version[0], version[1]))
    if mended is not None and version[2] >= mended:
        return False
    return _RESET_FROM <= version < _RESET_FIXED


def look_at_store(settings: Settings) -> Iterator[Finding]:
    """Look at the store."""
    path = settings.database_path
    if path is None:
        yield Finding(
            WARN, "store", "runs are kept in memory and end with their process", "set a database_url to keep them"
        )
        return
    try:
        revision = revision_of(path, min(2.0, settings.busy_seconds))
        if revision is None:
            yield Finding(OK, "store", f"{path} is not there yet; the first run makes it")
            return
        yield _schema(path, revision)
        if revision in KNOWN:
            yield from _content(path, current=revision == HEAD)
    except JupyterFlowsError as error:
        yield Finding(FAIL, "store", str(error))
    except sqlite3.Error as error:
        yield Finding(FAIL, "store", str(unavailable(path, error)))


def _schema(path: Path, revision: str) -> Finding:
    if revision == HEAD:
        return Finding(OK, "store", f"{path}, revision {revision}")
    if revision in KNOWN:
        said = f"{path} has revision {revision}; this version writes {HEAD}"
        return Finding(OK, "store", said, "the next run moves it on, and keeps a copy beside it")
    whose = "is another program's file" if revision == FOREIGN else f"has revision {revision} of a newer version"
    advice = "upgrade jupyter-flows, or name another store by JUPYTER_FLOWS_DATABASE_URL"
    return Finding(FAIL, "store", f"{path} {whose}", advice)


def _content(path: Path, *, current: bool) -> Iterator[Finding]:
    connection = connect(path, read_only=True)
    try:
        yield _size(path, connection, current)
        yield _wholeness(connection)
    finally:
        connection.close()


def _size(path: Path, connection: sqlite3.Connection, current: bool) -> Finding:
    size, log = path.stat().st_size, Path(f"{path}-wal")
    waiting = log.stat().st_size if log.exists() else 0
    said = f"{size / _MB:,.1f} MB, log {waiting / _MB:,.1f} MB"
    if current:
        runs, tasks = (_count(connection, table) for table in ("flow_runs", "task_runs"))
        said += f"; {runs:,} flow runs, {tasks:,} task runs"
    if waiting > _LARGE_LOG:
        advice = "end programs that keep the store open for reading; the next run folds the log in"
        return Finding(WARN, "store size", said, advice)
    return Finding(OK, "store size", said)


def _count(connection: sqlite3.Connection, table: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names


def _wholeness(connection: sqlite3.Connection) -> Finding:
    until = time.monotonic() + _CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    except sqlite3.OperationalError as error:
        if "interrupt" not in str(error):
            raise
        return Finding(
            OK, "integrity", f"nothing wrong in the first {_CHECK_SECONDS:g} s; it is too large to be read whole"
        )
    if found == ["ok"]:
        return Finding(OK, "integrity", "whole")
    advice = "keep a copy of the file, and write what can be saved to a new one: sqlite3 OLD .recover | sqlite3 NEW"
    return Finding(FAIL, "integrity", f"damaged: {'; '.join(found)}", advice)


__all__ = ["has_reset_defect", "look_at_sqlite", "look_at_store"]
