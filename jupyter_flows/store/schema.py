"""Make sure that a store's file is there and has the schema of this version, before anyone writes to it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from jupyter_flows.errors import SchemaMismatch, StoreUnavailable
from jupyter_flows.store.connection import connect, patiently
from jupyter_flows.store.faults import no_access, unavailable
from jupyter_flows.store.revision import KNOWN

FOREIGN = "of another program"


def prepare(path: Path, busy_seconds: float = 30.0, known: Sequence[str] = KNOWN, scripts: Path | None = None) -> None:
    """Create or migrate a store where that is needed.

    Parameters
    ----------
    path
        The store's file; folders are made for the user alone (0700), files too (0600), whatever the umask.
    busy_seconds
        How long other processes are waited for.
    known, scripts
        The revisions in order and the folder of their migrations; given by tests only.

    Raises
    ------
    SchemaMismatch
        The file is newer than this version, or another program's; not a byte of it was changed.
    StoreUnavailable
        The file cannot be created, read or written.
    """
    _check_rights(path)
    if _known_revision(path, busy_seconds, known) == known[-1]:
        return
    try:
        make_private_folder(path.parent)
        with _lock(path, busy_seconds):
            _migrate_locked(path, busy_seconds, known, scripts)
    except OSError as error:
        raise no_access(path, error) from error


def revision_of(path: Path, busy_seconds: float = 30.0) -> str | None:
    """Return the revision of a store's file, None where there is no file or nothing in it.

    The file is opened for reading only: closing such a connection never folds a log into it.

    Raises
    ------
    StoreUnavailable
        The file cannot be read or is no SQLite file.
    """
    try:
        if path.stat().st_size == 0:
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise no_access(path, error) from error
    return patiently(path, busy_seconds, lambda: _read_revision(path))


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its user can enter; an existing one is left as it is.

    Raises
    ------
    OSError
        It cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    folder.chmod(0o700)


def _check_rights(path: Path) -> None:
    """Look before SQLite does, whose own word for it is only that the file cannot be opened."""
    for place in (path, path.parent):
        try:
            refused = place.exists() and not os.access(place, os.R_OK | os.W_OK)
        except PermissionError as error:  # a folder above it is closed
            raise no_access(path, error) from error
        if refused:
            raise no_access(path, PermissionError(errno.EACCES, "no right to write", str(place)))


def _known_revision(path: Path, busy_seconds: float, known: Sequence[str]) -> str | None:
    found = revision_of(path, busy_seconds)
    if found is not None and found not in known:
        raise SchemaMismatch(str(path), found, known[-1])
    return found


def _read_revision(path: Path) -> str | None:
    connection = connect(path, read_only=True)
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            return FOREIGN
        (steps,) = connection.execute("PRAGMA user_version").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        revision = row[0] if row else FOREIGN
        return revision if steps <= len(KNOWN) or revision not in KNOWN else f"{steps:04}"
    finally:
        connection.close()


def _migrate_locked(path: Path, busy_seconds: float, known: Sequence[str], scripts: Path | None) -> None:
    found = _known_revision(path, busy_seconds, known)
    if found == known[-1]:
        return
    if found is None:
        _make_private_file(path)
        if scripts is None:
            from jupyter_flows.store import new_store  # as what follows, seldom needed

            new_store.create(path, busy_seconds)
            return
    from jupyter_flows.store import migrate  # heavy, and only once in the life of a version

    try:
        if found is not None:
            migrate.back_up(path, found)
        migrate.migrate(path, known, busy_seconds, scripts or migrate.SCRIPTS)
    except sqlite3.Error as error:
        raise unavailable(path, error) from error


def _make_private_file(path: Path) -> None:
    """Make the file before SQLite does: it gives the log and the shared memory beside it the same mode."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _lock(path: Path, busy_seconds: float) -> Iterator[None]:
    """Let one process at a time create or migrate; the others wait and then find it done."""
    from filelock import FileLock, Timeout  # heavy, and only once in the life of a store

    lock = FileLock(f"{path}.lock", timeout=max(busy_seconds, 1.0), mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        why = "another process has been creating or migrating it for long"
        raise StoreUnavailable(str(path), why, "end that process and try again") from error
    try:
        yield
    finally:
        lock.release()
