"""Artifacts: attached from flows and tasks, kept in the run's folder, never loaded."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import artifact, flow, task
from jupyter_flows.errors import ArtifactError
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.wiring import current_reader, current_settings, use_session

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    use_session(None)
    yield tmp_path / "data"
    use_session(None)


def kept() -> tuple[Path, list[ArtifactKept]]:
    """The folder of the newest run, and what is attached to it."""
    reader = current_reader()
    (run, *_) = reader.flow_runs(RunFilter())
    found = reader.artifacts(run.id)
    reader.close()
    return Path(run.directory or "/nowhere"), found


def attach(**given: Any) -> tuple[Path, list[ArtifactKept]]:
    @flow
    def attaching() -> None:
        artifact(**given)

    attaching()
    return kept()


def test_a_flow_without_a_folder_gets_one_for_its_user_alone():
    folder, (note,) = attach(markdown="# *seen*", key="note", description="what was seen")
    assert folder.parent == current_settings().runs_dir
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (note.kind, note.key, note.description, note.number) == ("markdown", "note", "what was seen", 0)
    assert (folder / note.location).read_text() == "# *seen*"
    assert note.size == 8
    assert stat.S_IMODE((folder / note.location).stat().st_mode) == 0o600


@pytest.mark.parametrize("runner", ["threads", "processes", "sequential"])
def test_it_belongs_to_the_task_run_that_called_it(runner: str):
    @task
    def part(n: int) -> None:
        artifact(markdown=f"part {n}", key="part")

    @flow(task_runner=runner)
    def whole() -> None:
        for future in part.map([1, 2]):
            future.result()

    whole()
    folder, found = kept()
    assert {one.number: (folder / one.location).read_text() for one in found} == {1: "part 1", 2: "part 2"}


def test_a_key_has_a_history_and_a_progress_only_its_last_word():
    @flow
    def moving() -> None:
        for step in range(5):
            artifact(markdown=str(step), key="log")
            artifact(progress=(step, 4), key="load")

    moving()
    folder, found = kept()
    assert [(folder / one.location).read_text() for one in found if one.key == "log"] == ["4", "3", "2", "1", "0"]
    assert [one.progress for one in found if one.key == "load"] == [1.0]


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1, "<b>": "<script>"}, {"a": None}],
        {"a": [1, None], "<b>": ["<script>", None]},
        [[1, "<script>"], [None]],
    ],
)
def test_a_table_is_kept_as_json_and_as_a_page_without_any_markup_of_its_own(value: Any):
    folder, (table,) = attach(table=value)
    page = (folder / table.location).read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    data = json.loads((folder / table.location).with_suffix(".json").read_text())
    assert (data["rows"], data["total"]) == ([[1, "<script>"], [None, None]], 2)


def test_a_long_frame_is_cut_and_says_how_long_it_was():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"n": range(1234), "x": 0.5, "d": Decimal("1.1")}).set_index("n")
    frame.iloc[0, 0] = float("nan")
    folder, (table,) = attach(table=frame)
    data = json.loads((folder / table.location).with_suffix(".json").read_text())
    assert (data["columns"], len(data["rows"]), data["total"]) == (["n", "x", "d"], 1000, 1234)
    assert data["rows"][:2] == [[0, None, "1.1"], [1, 0.5, "1.1"]]
    assert "first 1,000 of 1,234 rows" in (folder / table.location).read_text()


def test_images_are_bytes_files_figures_or_pictures(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(PNG)

    class Figure:
        def savefig(self, file: Any, format: str) -> None:
            file.write(PNG)

    class Axes:
        figure = Figure()

    class Picture:
        mode = "RGB"

        def save(self, file: Any, format: str) -> None:
            file.write(b"\xff\xd8\xff")

    for value in (PNG, str(tmp_path / "a.png"), Figure(), Axes()):
        folder, (image,) = attach(image=value)
        assert (image.media_type, (folder / image.location).read_bytes()) == ("image/png", PNG)
    assert attach(image=Picture())[1][0].media_type == "image/jpeg"


def test_a_file_is_copied_under_a_harmless_name(tmp_path: Path):
    source = tmp_path / "..;rm -rf ~ .tar.gz"
    source.write_bytes(b"content")
    folder, (file,) = attach(file=source)
    assert (folder / file.location).read_bytes() == b"content"
    assert file.location.removeprefix("artifacts/").partition("-")[2] == "rm--rf-.tar.gz"
    assert [path.name for path in (folder / "artifacts").iterdir()] == [Path(file.location).name]


def test_a_link_leads_to_the_web_or_stays_in_the_folder():
    assert attach(link="https://example.org/a?b=1#c")[1][0].location == "https://example.org/a?b=1#c"

    @flow
    def linking() -> None:
        artifact(markdown="x", key="first")
        folder = current_settings().runs_dir
        (name,) = [str(path.relative_to(path.parents[1])) for path in folder.glob("*/artifacts/*-first.md")]
        artifact(link=name, key="again")

    linking()
    again, first = kept()[1]
    assert (again.location, again.kind) == (first.location, "link")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "exactly one"),
        ({"markdown": "a", "link": "https://a.b"}, "exactly one"),
        ({"markdown": 3}, "give a text"),
        ({"markdown": "a", "key": 3}, "give a text"),
        ({"table": 3}, "list of dicts"),
        ({"table": [1, 2]}, "neither all dicts nor all lists"),
        ({"table": {"a": [1], "b": []}}, "one length"),
        ({"image": b"<svg onload=alert(1)>"}, "as file="),
        ({"image": 3}, "PNG"),
        ({"image": "/nowhere.png"}, "cannot be read"),
        ({"link": "javascript:alert(1)"}, "neither"),
        ({"link": "file:///etc/passwd"}, "neither"),
        ({"link": "../../flows.db"}, "neither"),
        ({"link": "/etc/passwd"}, "neither"),
        ({"link": "https://user:pass@example.org/"}, "neither"),
        ({"link": "https://example.org/\x1b[31m"}, "neither"),
        ({"file": "/nowhere"}, "there is no file"),
        ({"file": "/"}, "is a folder"),
        ({"progress": 1.5}, "0 to 1"),
        ({"progress": (3, 2)}, "0 to 1"),
        ({"progress": float("nan")}, "0 to 1"),
        ({"progress": True}, "0 to 1"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(given: dict[str, Any], why: str):
    with pytest.raises(ArtifactError, match=why):
        attach(**given)
    folder, found = kept()
    assert not found
    assert not list(folder.glob("artifacts/*"))


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("JUPYTER_FLOWS_ARTIFACT_MAX_BYTES", "10")
    use_session(None)
    (tmp_path / "large").write_bytes(PNG)
    for given in ({"markdown": "x" * 11}, {"file": tmp_path / "large"}, {"image": str(tmp_path / "large")}):
        with pytest.raises(ArtifactError, match="ARTIFACT_MAX_BYTES"):
            attach(**given)
        assert not list(kept()[0].glob("artifacts/*"))


def test_outside_any_run_there_is_nothing_to_attach_to():
    with pytest.raises(ArtifactError, match="no run here"):
        artifact(markdown="x")
