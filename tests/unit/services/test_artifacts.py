"""What a notebook's kernel tells of its artifacts is hostile: only what is in the run's folder is kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_flows.services.artifacts import file_name, is_url, keep_artifact

GOOD = {
    "id": "0123456789ab",
    "kind": "file",
    "key": "rows",
    "description": "",
    "media_type": "text/csv",
    "location": "artifacts/a.csv",
    "progress": None,
}


class Told(list[Any]):
    def post_slowly(self, _run: Any, record: Any, wake: bool = True) -> None:
        self.append(record)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    folder = tmp_path / "run"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "artifacts" / "a.csv").write_text("1,2")
    (tmp_path / "outside.csv").write_text("secret")
    (folder / "artifacts" / "link.csv").symlink_to(tmp_path / "outside.csv")
    return SimpleNamespace(id="run-1", directory=str(folder), session=Told())


def test_a_file_in_the_folder_is_kept_with_its_true_size(run: Any):
    record = keep_artifact(run, 3, {**GOOD, "size": 10**9})
    assert record is not None
    assert run.session == [record]
    assert (record.number, record.location, record.size, record.key) == (3, "artifacts/a.csv", 3, "rows")


@pytest.mark.parametrize(
    "changed",
    [
        {"location": "../outside.csv"},
        {"location": "artifacts/link.csv"},
        {"location": "/etc/passwd"},
        {"location": ""},
        {"location": "artifacts"},
        {"location": "artifacts/\x00"},
        {"location": 3},
        {"id": "../../x"},
        {"id": None},
        {"kind": "program"},
        {"kind": "link", "location": "javascript:alert(1)"},
        {"kind": "progress", "progress": "half"},
        {"kind": "progress", "progress": 7},
        {"key": ["a"]},
    ],
    ids=str,
)
def test_anything_else_is_not(run: Any, changed: dict[str, Any]):
    assert keep_artifact(run, 1, {**GOOD, **changed}) is None
    assert run.session == []


def test_a_progress_takes_the_place_of_the_one_before_in_its_own_cell_only(run: Any):
    told = [(1, 0.25), (1, 0.5), (2, 0.5)]
    for number, far in told:
        keep_artifact(run, number, {**GOOD, "kind": "progress", "progress": far})
    first, second, other = (record.id for record in run.session)
    assert first == second != other


@pytest.mark.parametrize(
    ("text", "name"),
    [("a b", "a-b"), ("../../etc/passwd", "etc-passwd"), (".hidden", "hidden"), ("größe", "größe"), ("\x00/", "x")],
)
def test_names_are_harmless(text: str, name: str):
    assert file_name(text, "x") == name
    assert len(file_name("a" * 1000)) == 60


@pytest.mark.parametrize("text", ["http://a", "https://a.b/c?d=é"])
def test_addresses_of_the_web_are_links(text: str):
    assert is_url(text)


@pytest.mark.parametrize("text", ["", "ftp://a", "http://", "https://[", "http://a b", "http://u:p@a", "//a"])
def test_nothing_else_is(text: str):
    assert not is_url(text)
