"""What SQLite's errors mean to a user."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from jupyter_flows.errors import StoreUnavailable

OTHER_STORE = "or name another place by JUPYTER_FLOWS_DATABASE_URL"

_ADVICE = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; what was not written is kept until then"),
    sqlite3.SQLITE_IOERR: (
        "the disk refused to read or write (I/O error; full, over a file size limit, or failing)",
        "free some space or check the disk",
    ),
    sqlite3.SQLITE_BUSY: ("another process has it locked", "end that process, or raise JUPYTER_FLOWS_BUSY_SECONDS"),
    sqlite3.SQLITE_LOCKED: ("another process has it locked", "end that process, or raise JUPYTER_FLOWS_BUSY_SECONDS"),
    sqlite3.SQLITE_READONLY: ("it is read-only for this user", f"give the right to write to it, {OTHER_STORE}"),
    sqlite3.SQLITE_PERM: ("this user may not write to it", f"give the right to write to it, {OTHER_STORE}"),
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened",
        f"give the right to read and write the file and its folder, {OTHER_STORE}",
    ),
    sqlite3.SQLITE_NOTADB: ("the file is not a SQLite database", f"move the file away, {OTHER_STORE}"),
    sqlite3.SQLITE_CORRUPT: ("the file is damaged", f"move it away and keep a copy, {OTHER_STORE}"),
}


def unavailable(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    """Return the error to raise for a failure of SQLite on a store's file."""
    why, advice = _ADVICE.get(primary_code(error), ("", ""))
    return StoreUnavailable(str(path), f"{why} ({error})" if why else str(error), advice)


def no_access(path: Path, error: OSError) -> StoreUnavailable:
    """Return the error to raise for a failure of the file system on a store's file or folder."""
    place = error.filename or path
    if isinstance(error, PermissionError):
        return StoreUnavailable(
            str(path), f"this user may not write to {place}", f"give the right to write there, {OTHER_STORE}"
        )
    why = f"{place}: {error.strerror or error}"
    return StoreUnavailable(str(path), why, f"make it a folder this user can write to, {OTHER_STORE}")


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 for an error of the driver itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Whether waiting may help."""
    return primary_code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
