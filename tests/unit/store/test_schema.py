"""Opening a store: what is created, what is refused, and what stays untouched."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jupyter_flows.errors import SchemaMismatch, StoreUnavailable
from jupyter_flows.store.revision import HEAD
from jupyter_flows.store.schema import prepare, revision_of


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    prepare(tmp_path / "flows.db")
    return tmp_path / "flows.db"


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_no_file_and_an_empty_file_have_no_revision(tmp_path: Path):
    path = tmp_path / "flows.db"
    assert revision_of(path) is None
    path.touch()
    assert revision_of(path) is None
    prepare(path)
    assert revision_of(path) == HEAD


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE alembic_version SET version_num = '0999'", "0999"),
        ("PRAGMA user_version = 9", "0009"),
        ("DELETE FROM alembic_version", "of another program"),
        ("DROP TABLE alembic_version", "of another program"),
    ],
)
def test_a_newer_or_foreign_schema_is_refused_and_not_a_byte_changes(store: Path, statement: str, found: str):
    change(store, statement)
    before = digest(store)
    with pytest.raises(SchemaMismatch, match="nothing was changed") as caught:
        prepare(store)
    assert caught.value.found == found
    assert digest(store) == before


def test_a_newer_schema_still_in_the_log_of_a_killed_process_is_refused_untouched(store: Path):
    script = (
        "import os, signal, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"UPDATE alembic_version SET version_num = '0999'\"); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(store)], check=False)
    log = Path(f"{store}-wal")
    before = digest(store), digest(log)
    with pytest.raises(SchemaMismatch):
        prepare(store)
    assert (digest(store), digest(log)) == before


def test_a_file_of_another_kind_is_refused_untouched(tmp_path: Path):
    path = tmp_path / "flows.db"
    path.write_text("not a database, but somebody's diary " * 100)
    before = digest(path)
    with pytest.raises(StoreUnavailable, match="not a SQLite database"):
        prepare(path)
    assert digest(path) == before


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path):
    (tmp_path / "flows").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="JUPYTER_FLOWS_DATABASE_URL") as caught:
        prepare(tmp_path / "flows" / "flows.db")
    assert str(tmp_path / "flows") in str(caught.value)


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path):
    (tmp_path / "flows.db").mkdir()
    with pytest.raises(StoreUnavailable):
        prepare(tmp_path / "flows.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_said_with_the_needed_right(tmp_path: Path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreUnavailable, match="give the right to write"):
            prepare(tmp_path / "flows.db")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_without_the_right_to_write_is_told_so():
    script = (
        "import os, sys; from pathlib import Path; from jupyter_flows.store.schema import prepare;"
        "import filelock; from jupyter_flows.errors import StoreUnavailable\n"
        "os.setuid(65534)\n"
        "for name in ('flows.db', 'new.db', 'below/new.db', 'closed/inside/new.db'):\n"
        "    try: prepare(Path(sys.argv[1], name))\n"
        "    except StoreUnavailable as error: print(error)\n"
    )
    root = str(Path(sys.modules["jupyter_flows"].__file__ or "").parent.parent)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "flows.db")
        prepare(store)
        store.parent.chmod(0o755)
        store.chmod(0o644)
        Path(folder, "closed", "inside").mkdir(parents=True)
        Path(folder, "closed").chmod(0o700)
        before = digest(store)
        done = subprocess.run(
            [sys.executable, "-c", script, folder],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": root},
        )
        assert digest(store) == before
    said = done.stdout.splitlines()
    assert len(said) == 4, done.stderr
    assert all(f"may not write to {folder}" in line and "give the right to write" in line for line in said), said


def test_a_store_that_stays_locked_is_one_clear_error(tmp_path: Path):
    path = tmp_path / "flows.db"
    path.touch()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable, match="locked"):
        prepare(path, busy_seconds=0.1)
    other.execute("ROLLBACK")
    other.close()
    prepare(path)
