from __future__ import annotations

import os
from dataclasses import replace

import pytest

from jupyter_flows.errors import FileNotServed
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.server.file_answer import open_file


@pytest.fixture
def run(tmp_path, runs, site) -> FlowRun:
    """A run whose folder is in a folder with more."""
    found = site.door.reader().flow_runs(RunFilter(limit=1))[0]
    folder = tmp_path / "folders" / found.id
    (folder / "artifacts").mkdir(parents=True)
    (folder / "artifacts" / "note.md").write_text("note")
    (tmp_path / "folders" / "secret.txt").write_text("secret")
    return replace(found, directory=str(folder))


def test_a_file_in_the_folder_is_given_whole(run):
    with open_file(run, "artifacts/note.md") as file:
        assert (b"".join(file.chunks()), file.shown, file.media_type) == (b"note", True, "text/plain; charset=utf-8")


def test_a_file_that_nobody_takes_is_closed_all_the_same(run):
    with open_file(run, "artifacts/note.md") as file:
        file.chunks()  # of which none is asked for: the request was given up
    assert file.content.closed


@pytest.mark.parametrize(
    "location",
    [
        "../secret.txt",
        "artifacts/../../secret.txt",
        "/etc/passwd",
        "..\\secret.txt",
        "artifacts/note.md\0.png",
        "",
        ".",
        "artifacts",
        "nothing.txt",
        "%2e%2e/secret.txt",
        "a" * 5000,
    ],
)
def test_no_path_leads_out_of_the_folder(run, location):
    with pytest.raises(FileNotServed):
        open_file(run, location)


def test_no_link_is_followed_at_any_place_of_the_path(run, tmp_path):
    folder = tmp_path / "folders" / run.id
    (folder / "link.txt").symlink_to(tmp_path / "folders" / "secret.txt")
    (folder / "up").symlink_to(tmp_path / "folders")
    (tmp_path / run.id).symlink_to(folder)
    for location in ("link.txt", "up/secret.txt"):
        with pytest.raises(FileNotServed):
            open_file(run, location)
    with pytest.raises(FileNotServed):
        open_file(replace(run, directory=str(tmp_path / run.id)), "artifacts/note.md")


def test_a_pipe_is_no_file_and_is_not_waited_for(run, tmp_path):
    os.mkfifo(tmp_path / "folders" / run.id / "pipe.txt")
    with pytest.raises(FileNotServed, match="plain file"):
        open_file(run, "pipe.txt")


@pytest.mark.parametrize("directory", [None, "/etc", "relative/folder"])
def test_a_folder_that_is_not_the_runs_own_is_not_looked_into(run, directory):
    with pytest.raises(FileNotServed):
        open_file(replace(run, directory=directory), "passwd")


@pytest.mark.parametrize(
    ("name", "page", "shown"),
    [
        ("x.html", False, False),
        ("x.html", True, True),
        ("x.svg", False, True),
        ("x.xml", False, False),
        ("x.js", False, False),
        ("x.pdf", False, False),
        ("x.PNG", False, True),
        ("x", False, False),
    ],
)
def test_only_what_is_known_to_be_harmless_may_be_shown(run, tmp_path, name, page, shown):
    (tmp_path / "folders" / run.id / name).write_text("<script>")
    with open_file(run, name, page=page) as file:
        headers = file.headers()
    assert file.shown is shown
    assert headers["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert shown or file.media_type == "application/octet-stream"
    assert "allow-scripts" not in headers["Content-Security-Policy"]
    assert "allow-same-origin" not in headers["Content-Security-Policy"]


def test_a_name_cannot_break_out_of_its_header(run, tmp_path):
    name = 'a"\r\nSet-Cookie: x=1; .txt'
    (tmp_path / "folders" / run.id / name).write_text("x")
    with open_file(run, name) as file:
        told = file.headers()["Content-Disposition"]
    assert "\r" not in told
    assert "\n" not in told
    assert told.count('"') == 2
