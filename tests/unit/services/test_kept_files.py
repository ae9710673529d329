from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_flows.errors import TargetError
from jupyter_flows.services.kept_files import KeptFiles


def test_what_is_new_or_changed_is_kept_and_nothing_else(tmp_path: Path) -> None:
    folder, run = tmp_path / "book", tmp_path / "book" / "run"
    (folder / "plots").mkdir(parents=True)
    run.mkdir()
    (folder / "old.csv").write_text("old")
    (folder / "changed.csv").write_text("before")
    kept = KeptFiles(folder, ["*.csv", "**/*.png", "*.csv"])
    (folder / "changed.csv").write_text("after!")
    (folder / "new.csv").write_text("new")
    (folder / "other.txt").write_text("no")
    (folder / "plots" / "a.png").write_bytes(b"png")
    (folder / "link.csv").symlink_to("/etc/hostname")
    (folder / "dir.csv").mkdir()
    (run / "mine.png").write_bytes(b"ours")

    copies, problems = kept.copy_to(run)

    names = ["changed.csv", "new.csv", "plots/a.png"]
    assert [str(path.relative_to(run / "artifacts")) for path in copies] == names
    assert (run / "artifacts" / "changed.csv").read_text() == "after!"
    assert problems == ()


def test_a_copy_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    kept = KeptFiles(tmp_path, ["*.csv"])
    (tmp_path / "a.csv").write_text("x")
    monkeypatch.setattr("shutil.copy2", full)
    assert kept.copy_to(tmp_path / "run") == ((), (f"{tmp_path / 'a.csv'} could not be kept: No space left on device",))


@pytest.mark.parametrize("pattern", ["/etc/*", "../*.csv", "a/../../b", ""])
def test_a_pattern_that_leads_out_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(TargetError, match="within the notebook's folder"):
        KeptFiles(tmp_path, [pattern])
