"""Make a new store as the migrations would, from one script: importing their machinery takes most of a second.

``python -m jupyter_flows.store.new_store`` prints what they make; ``new_store.sql`` beside this file is that text.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from jupyter_flows.store.connection import WriteTransaction, connect, patiently
from jupyter_flows.store.revision import KNOWN

SCRIPT = Path(__file__).with_suffix(".sql")
# These are the file's, and cannot be set within the transaction.
PRAGMAS = ("PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA journal_mode = WAL")


def create(path: Path, busy_seconds: float) -> None:
    """Create the tables of this version in an empty file, in one transaction.

    Parameters
    ----------
    path
        An existing, empty file; the caller holds the store's migration lock.
    busy_seconds
        How long another process's lock is waited for.

    Raises
    ------
    StoreUnavailable
        The file cannot be written; it is as it was.
    """
    with closing(connect(path)) as connection:
        for pragma in PRAGMAS:
            patiently(path, busy_seconds, partial(_run, connection, pragma))
        with WriteTransaction(connection, path, busy_seconds):
            for statement in statements(SCRIPT.read_text(encoding="utf-8")):
                _run(connection, statement)


def _run(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement).fetchall()


def statements(script: str) -> Iterator[str]:
    """Give the statements of a script; each begins on a line of its own."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def script_of(path: Path) -> str:
    """Return the script that makes the tables of a store, and what is in them."""
    with closing(connect(path, read_only=True)) as connection:
        dumped = [line for line in connection.iterdump() if line not in {"BEGIN TRANSACTION;", "COMMIT;"}]
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    lines = "\n".join([*dumped, f"PRAGMA user_version = {version};"]).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def main() -> None:
    """Print what the migrations make."""
    import tempfile  # as what follows, of no use to who only opens a store

    from jupyter_flows.store.migrate import migrate

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "flows.db")
        path.touch()
        migrate(path, KNOWN, 30.0)
        sys.stdout.write(script_of(path))


if __name__ == "__main__":
    main()

__all__ = ["PRAGMAS", "create", "main", "script_of", "statements"]
