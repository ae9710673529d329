"""Bring a store's file to a schema; the only module that imports the migration machinery."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from jupyter_flows.store.connection import connect, patiently

SCRIPTS = Path(__file__).with_name("migrations")


def migrate(path: Path, known: Sequence[str], busy_seconds: float, scripts: Path = SCRIPTS) -> None:
    """Create the tables in an empty file, or move an older file on, in one transaction.

    Parameters
    ----------
    path
        An existing file, possibly empty; the caller holds the store's migration lock.
    known
        The revisions, in order; the last is migrated to.
    busy_seconds
        How long another process's lock is waited for.
    scripts
        Where the migrations are.

    Raises
    ------
    StoreUnavailable
        The file cannot be written; it is as it was.
    """
    engine = sa.create_engine("sqlite://", creator=lambda: connect(path), poolclass=sa.NullPool)
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    # What it tells of itself at INFO is no news for somebody who logs his own program.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        run = connection.exec_driver_sql
        _patiently(path, busy_seconds, connection, "PRAGMA auto_vacuum = INCREMENTAL")
        _patiently(path, busy_seconds, connection, "PRAGMA journal_mode = WAL")
        _patiently(path, busy_seconds, connection, "BEGIN IMMEDIATE")
        try:
            config.attributes["connection"] = connection
            command.upgrade(config, known[-1])
            run(f"PRAGMA user_version = {len(known)}")
            run("COMMIT")
        except BaseException as error:
            raw = connection.connection.dbapi_connection
            if isinstance(raw, sqlite3.Connection) and raw.in_transaction:
                run("ROLLBACK")
            if isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error):
                raise error.orig from error
            raise


def _patiently(path: Path, busy_seconds: float, connection: sa.Connection, statement: str) -> None:
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    patiently(path, busy_seconds, lambda: raw.execute(statement).fetchall())


def back_up(path: Path, revision: str) -> Path:
    """Copy a store's file, with what its log holds, beside it before it is migrated."""
    copy = path.with_name(f"{path.name}.before-{revision}")
    copy.touch(mode=0o600)
    source, target = connect(path), connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy
