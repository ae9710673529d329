"""Which store settings lead to, and what opening it costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_flows.settings import load_settings
from jupyter_flows.store import location, open_reader, open_writer
from jupyter_flows.store.memory import MemoryStore
from jupyter_flows.store.sqlite_writer import SqliteWriter

MOUNTS = """\
/dev/sda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb /home/local ext4 rw 0 0
host:/x /mnt/with\\040space fuse.sshfs rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/late /tmp cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/flows.db", None),
        ("/home/me/flows.db", "nfs4"),
        ("/homes/me/flows.db", None),
        ("/home/local/flows.db", None),
        ("/mnt/with space/flows.db", "fuse.sshfs"),
        ("/tmp/flows.db", "cifs"),
    ],
)
def test_network_file_systems_are_known_by_their_mount(tmp_path: Path, path: str, kind: str | None):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert location.network_file_system(Path(path), mounts) == kind


def test_without_a_table_of_mounts_nothing_is_assumed(tmp_path: Path):
    assert location.network_file_system(tmp_path, tmp_path / "missing") is None


def test_on_a_network_file_system_runs_are_kept_in_memory_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(location, "network_file_system", lambda path: "nfs4")
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    with pytest.warns(UserWarning, match=r"network file system \(nfs4\).*JUPYTER_FLOWS_DATABASE_URL"):
        assert isinstance(open_writer(settings), MemoryStore)
    assert not settings.flows_dir.exists()


def test_the_memory_store_is_one_for_the_process():
    settings = load_settings({"JUPYTER_FLOWS_DATABASE_URL": "memory:"})
    assert isinstance(open_writer(settings), MemoryStore)
    assert open_writer(settings) is open_reader(settings)


def test_a_path_with_odd_characters_is_opened(tmp_path: Path):
    odd = tmp_path / "é %41?#& b"
    settings = load_settings({"JUPYTER_FLOWS_DIR": str(odd)})
    writer = open_writer(settings)
    assert isinstance(writer, SqliteWriter)
    assert writer.location == str(odd / "flows.db")
    writer.close()
    open_reader(settings).close()
    assert (odd / "flows.db").stat().st_size > 0


def test_opening_a_current_store_imports_nothing_heavy(tmp_path: Path):
    open_writer(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})).close()
    script = (
        "import sys; from jupyter_flows.settings import load_settings; from jupyter_flows.store import open_writer;"
        "open_writer(load_settings({'JUPYTER_DATA_DIR': sys.argv[1]}));"
        "heavy = {'sqlalchemy', 'alembic', 'filelock', 'psutil', 'pydantic', 'jupyter_core', 'logging', 'asyncio'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = str(Path(sys.modules["jupyter_flows"].__file__ or "").parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": root},
    )
    assert done.stdout.strip() == "[]"
