"""Snapshots: one folder for one content, written in one step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_flows.model.deployments import Deployment, DeploymentDefinition
from jupyter_flows.services.snapshots import digest_of, keep_snapshot, snapshot_target, source_root, sweep_snapshots

FILES = {"flows.py": b"x = 1\r\n", "pkg/__init__.py": b"", "pkg/deep/m.py": b"\xff"}


def test_a_snapshot_holds_the_bytes_and_is_kept_once(tmp_path: Path):
    first = keep_snapshot(tmp_path / "snapshots", FILES)
    assert {str(p.relative_to(first)): p.read_bytes() for p in first.rglob("*") if p.is_file()} == FILES
    assert keep_snapshot(tmp_path / "snapshots", FILES) == first
    assert [one.name for one in (tmp_path / "snapshots").iterdir()] == [digest_of(FILES)]
    assert keep_snapshot(tmp_path / "snapshots", {"flows.py": b"x = 2"}) != first


def test_nobody_else_may_look(tmp_path: Path):
    folder = keep_snapshot(tmp_path / "snapshots", FILES)
    assert folder.stat().st_mode & 0o077 == 0
    assert folder.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_is_moved_is_another_content():
    assert digest_of({"a": b"1", "b": b"2"}) != digest_of({"a": b"2", "b": b"1"})


def test_nothing_is_left_of_one_that_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep_snapshot(tmp_path, FILES)
    assert list(tmp_path.iterdir()) == []


def test_one_that_another_process_wrote_meanwhile_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    final = tmp_path / digest_of(FILES)

    def overtaken(self: Path, target: Path) -> Path:
        target.mkdir()
        (target / "flows.py").write_bytes(b"")
        raise OSError(39, "Directory not empty")

    monkeypatch.setattr(Path, "rename", overtaken)
    assert keep_snapshot(tmp_path, FILES) == final
    assert [one.name for one in tmp_path.iterdir()] == [final.name]


@pytest.mark.parametrize(
    ("target", "root"),
    [
        ("/w/report.ipynb", "/w"),
        ("__main__@/w/report.ipynb", "/w"),
        ("__main__@/w/flows.py", "/w"),
        ("flows@/w/flows.py", "/w"),
        ("a.b.flows@/w/a/b/flows.py", "/w"),
        ("a.b@/w/a/b/__init__.py", "/w"),
        ("/w/at@home/report.ipynb", "/w/at@home"),
    ],
)
def test_the_root_is_where_imports_start(target: str, root: str):
    assert source_root(target) == Path(root)


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/w/report.ipynb", "/s/report.ipynb"),
        ("a.b@/w/a/b/__init__.py", "a.b@/s/a/b/__init__.py"),
        ("__main__@/w/flows.py", "__main__@/s/flows.py"),
        ("/w/at@home/report.ipynb", "/s/report.ipynb"),
    ],
)
def test_a_target_is_found_in_its_snapshot(target: str, kept: str):
    definition = DeploymentDefinition("d", "f", "flow", target, "/w")
    assert snapshot_target(Deployment("id", 1, definition, "", False, 0.0, 0.0, "/s")) == kept


def test_a_sweep_leaves_what_is_named_and_what_is_young(tmp_path: Path):
    named, young, old = (keep_snapshot(tmp_path, {"x": text}) for text in (b"1", b"2", b"3"))
    os.utime(named, (0, 0))
    os.utime(old, (0, 0))
    assert sweep_snapshots(tmp_path, {str(named)}) == [old]
    assert sorted(tmp_path.iterdir()) == sorted([named, young])
    assert sweep_snapshots(tmp_path / "none", set()) == []
