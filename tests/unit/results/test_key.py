"""The key: one per user, private, and never beside what it signs."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_flows.errors import SettingsError
from jupyter_flows.results import key_file, result_key


def test_the_key_is_in_the_config_directory_unless_it_is_named(tmp_path: Path):
    assert key_file({"JUPYTER_CONFIG_DIR": str(tmp_path)}) == tmp_path / "jupyter_flows_result.key"
    assert key_file({"HOME": str(tmp_path)}) == tmp_path.resolve() / ".jupyter" / "jupyter_flows_result.key"
    named = {"JUPYTER_CONFIG_DIR": "/else", "JUPYTER_FLOWS_RESULT_KEY_FILE": str(tmp_path / "mine")}
    assert key_file(named) == tmp_path / "mine"


def test_the_config_directory_is_that_of_jupyter():
    code = (
        "from jupyter_core.paths import jupyter_config_dir; from jupyter_flows.results import key_file;"
        "print(jupyter_config_dir() == str(key_file().parent))"
    )
    bare = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    for extra in [{}, {"JUPYTER_PLATFORM_DIRS": "1"}, {"JUPYTER_CONFIG_DIR": "/somewhere"}]:
        run = [sys.executable, "-W", "ignore", "-c", code]
        ended = subprocess.run(run, env=bare | extra, capture_output=True, text=True, check=True, timeout=60)
        assert ended.stdout == "True\n", extra


def test_the_key_is_made_once_and_private(tmp_path: Path):
    path = tmp_path / "config" / "key"
    before = os.umask(0)
    try:
        key = result_key(path)
    finally:
        os.umask(before)
    assert len(key) == 32
    assert result_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_get_one_key(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from jupyter_flows.results import result_key;"
        "print('ready', flush=True); sys.stdin.readline(); print(result_key(Path(sys.argv[1])).hex())"
    )
    path = tmp_path / "key"
    run = [sys.executable, "-c", code, str(path)]
    started = [subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0] for process in started}
    assert keys == {f"{result_key(path).hex()}\n"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_among_the_results_is_refused(tmp_path: Path):
    flows = tmp_path / "flows"
    flows.mkdir()
    (tmp_path / "link").symlink_to(flows)
    for path in [flows / "key", tmp_path / "link" / "deep" / "key"]:
        with pytest.raises(SettingsError, match="name a file outside of"):
            result_key(path, outside=[flows])
    assert list(flows.iterdir()) == []


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "ab" * 33, "ä"])
def test_a_file_without_a_key_is_refused_and_not_replaced(tmp_path: Path, content: str):
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="holds no key"):
        result_key(path)
    assert path.read_text() == content


def test_a_place_without_access_is_said(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="can read and make"):
        result_key(tmp_path / "file" / "key")


def test_a_key_that_others_can_read_is_warned_of(tmp_path: Path):
    path = tmp_path / "key"
    key = result_key(path)
    path.chmod(0o640)
    with pytest.warns(UserWarning, match="chmod 600"):
        assert result_key(path) == key
