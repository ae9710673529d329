from __future__ import annotations

import subprocess
from pathlib import Path

from jupyter_flows.notebooks.kernel.guard import Guard


def sleeper():
    return subprocess.Popen(["sleep", "100"], start_new_session=True)


def test_what_is_watched_ends_with_the_process_and_its_folder_goes():
    guard = Guard()
    watched, forgotten = sleeper(), sleeper()
    try:
        folder = guard.folder()
        (folder / "k-1").touch()
        guard.watch(watched.pid)
        guard.watch(forgotten.pid)
        guard.forget(forgotten.pid)
        guard.close()
        assert watched.wait(60) == -9
        assert forgotten.poll() is None
        assert not folder.parent.exists()
    finally:
        forgotten.kill()
        forgotten.wait()


def test_folders_are_private_short_and_distinct(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    guard = Guard()
    first, second = guard.folder(), guard.folder()
    assert first != second
    assert len(str(first)) < 80
    assert first.stat().st_mode & 0o077 == 0
    assert first.parent.stat().st_mode & 0o077 == 0
    guard.close()
    assert list(deep.iterdir()) == []


def test_a_killed_guard_is_replaced_and_told_everything_again():
    guard = Guard()
    first, second = sleeper(), sleeper()
    guard.watch(first.pid)
    guard._shell.kill()
    guard._shell.wait()
    guard.watch(second.pid)
    guard.close()
    assert (first.wait(60), second.wait(60)) == (-9, -9)


def test_its_script_is_quoted_against_odd_folders(tmp_path, monkeypatch):
    odd = tmp_path / "a b;$(touch x)'"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd)) if len(str(odd)) < 70 else None
    guard = Guard()
    folder = guard.folder()
    guard.close()
    assert not folder.exists()
    assert not Path("x").exists()
