"""Old stores become new ones: once, whole, with a copy kept; whoever comes at the same moment waits."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_flows.errors import SchemaMismatch
from jupyter_flows.store import migrate
from jupyter_flows.store.revision import KNOWN
from jupyter_flows.store.schema import prepare, revision_of

ROOT = str(Path(migrate.__file__).parent.parent.parent)
NEXT = (*KNOWN, "next")
STEP = f"""
import os, signal
from alembic import op

revision = "next"
down_revision = "{KNOWN[-1]}"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE flow_runs ADD COLUMN colour TEXT")
    if os.environ.get("DIE_IN_MIGRATION"):
        os.kill(os.getpid(), signal.SIGKILL)
    op.execute("UPDATE flow_runs SET colour = 'grey'")
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The migrations of a version that does not exist yet."""
    folder = tmp_path / "scripts"
    shutil.copytree(migrate.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "next.py").write_text(STEP)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "flows.db"
    prepare(path)
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO flow_runs (id, name, flow, kind, serial, version, parameters, tags, parent_number, state_kind,"
        " state_name, state_at, state_version, attempts, created_at) VALUES"
        " ('r', 'n', 'f', 'flow', 1, '', '{}', '[]', 0, 'completed', 'Completed', 1, 1, 1, 1)"
    )
    connection.commit()
    connection.close()
    return path


def start(path: Path, scripts: Path | None = None, **extra: str) -> subprocess.Popen[str]:
    code = (
        "import sys; from pathlib import Path; from jupyter_flows.store.schema import prepare;"
        "from jupyter_flows.store.revision import KNOWN;"
        "sys.argv[2:] and prepare(Path(sys.argv[1]), known=(*KNOWN, 'next'), scripts=Path(sys.argv[2]));"
        "sys.argv[2:] or prepare(Path(sys.argv[1]))"
    )
    arguments = [str(path)] if scripts is None else [str(path), str(scripts)]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": ROOT} | extra,
    )


def colours(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    found = [colour for (colour,) in connection.execute("SELECT colour FROM flow_runs")]
    connection.close()
    return found


def test_an_old_store_is_migrated_with_a_copy_kept(store: Path, scripts: Path):
    prepare(store, known=NEXT, scripts=scripts)
    assert colours(store) == ["grey"]
    copy = store.with_name(f"flows.db.before-{KNOWN[-1]}")
    assert revision_of(copy) == KNOWN[-1]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_migrated_store_is_refused_by_the_older_version(store: Path, scripts: Path):
    prepare(store, known=NEXT, scripts=scripts)
    with pytest.raises(SchemaMismatch, match="upgrade jupyter-flows"):
        prepare(store)


def test_four_processes_create_one_store_at_the_same_moment(tmp_path: Path):
    path = tmp_path / "flows" / "flows.db"
    processes = [start(path) for _ in range(4)]
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
    assert revision_of(path) == KNOWN[-1]


def test_four_processes_migrate_once(store: Path, scripts: Path):
    processes = [start(store, scripts) for _ in range(4)]
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
    assert colours(store) == ["grey"]


def test_a_kill_in_the_middle_leaves_the_old_store_and_the_next_one_finishes(store: Path, scripts: Path):
    process = start(store, scripts, DIE_IN_MIGRATION="1")
    process.communicate(timeout=60)
    assert process.returncode == -9
    assert revision_of(store) == KNOWN[-1]
    prepare(store, known=NEXT, scripts=scripts)
    assert colours(store) == ["grey"]
