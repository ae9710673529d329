from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.usefixtures("runs")


def test_export_writes_a_page_and_a_description(cli, as_json, tmp_path):
    run = as_json("ls", "--flow", "doubling", "--state", "failed")["runs"][0]
    code, out, err = cli("export", run["id"], str(tmp_path / "out"))
    assert (code, err) == (0, "")
    assert str(tmp_path / "out" / "index.html") in out
    told = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert told["run"]["id"] == run["id"]
    assert len(told["task_runs"]) == 5
    assert told["why"]["task"]["name"] == "double[3]"
    assert "double[3]" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_export_refuses_a_folder_that_is_there(cli, as_json, tmp_path):
    run = as_json("ls")["runs"][0]["id"]
    (tmp_path / "mine").write_text("mine")
    code, out, err = cli("export", run, str(tmp_path))
    assert (code, out) == (2, "")
    assert "is there already" in err


def test_export_as_a_zip_says_what_is_in_it(as_json, tmp_path):
    run = as_json("ls")["runs"][0]["id"]
    told = as_json("export", run, str(tmp_path / "out.zip"))
    assert told["path"] == str(tmp_path / "out.zip")
    assert told["files"][:3] == ["index.html", "run.json", "log.txt"]
