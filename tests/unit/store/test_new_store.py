"""A new store is the one that the migrations make, and there whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_flows.errors import StoreUnavailable
from jupyter_flows.store import new_store
from jupyter_flows.store.migrate import migrate
from jupyter_flows.store.revision import KNOWN

ASKED = ("auto_vacuum", "journal_mode", "user_version", "application_id", "encoding", "page_size")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "flows.db"
    path.touch()
    return path


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = tmp_path / "migrated.db"
    path.touch()
    migrate(path, KNOWN, 1.0)
    return path


def of_the_file(path: Path) -> dict[str, object]:
    with closing(sqlite3.connect(path)) as connection:
        return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ASKED}


def test_the_script_is_what_the_migrations_make(migrated: Path):
    advice = "write it anew: python -m jupyter_flows.store.new_store > jupyter_flows/store/new_store.sql"
    assert new_store.SCRIPT.read_text(encoding="utf-8") == new_store.script_of(migrated), advice


def test_a_new_store_is_the_one_that_the_migrations_make(empty: Path, migrated: Path):
    new_store.create(empty, 1.0)
    assert new_store.script_of(empty) == new_store.script_of(migrated)
    assert of_the_file(empty) == of_the_file(migrated)


def test_no_migration_machinery_is_imported_for_it(empty: Path):
    script = (
        "import sys; from pathlib import Path; from jupyter_flows.store.schema import prepare;"
        "prepare(Path(sys.argv[1])); print({'alembic', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(empty)], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_script_that_fails_in_the_middle_leaves_nothing(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "bad.sql"
    script.write_text("CREATE TABLE one (id INTEGER);\nCREATE TABLE one (id INTEGER);\n")
    monkeypatch.setattr(new_store, "SCRIPT", script)
    with pytest.raises(StoreUnavailable):
        new_store.create(empty, 1.0)
    with closing(sqlite3.connect(empty)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_a_trigger_with_statements_of_its_own_is_one_statement():
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;\n"
    assert list(new_store.statements(f"CREATE TABLE a (x,\n y);\n{trigger}SELECT 1;\n")) == [
        "CREATE TABLE a (x,\n y);\n",
        trigger,
        "SELECT 1;\n",
    ]
