from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.model.runs import Failure, FlowRun, LogLine, StateChange, TaskRun
from jupyter_flows.model.states import COMPLETED, FAILED, State
from jupyter_flows.secrets import resolved
from jupyter_flows.services.causes import Cause
from jupyter_flows.services.recorded_run import RunRecord
from jupyter_flows.services.run_export import export_run

NOW = 1_800_000_000.0
HOSTILE = "</title></pre><script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>\x1b[31m\u202e"
RUN = FlowRun(
    *("abcdef123456", "daily-abcdef", "daily", "flow", 7, "1", '{"day": "2026-01-31"}', ("t",), None, 0, None),
    State(FAILED, "Failed", "no rows"),
    *(1, NOW - 30, NOW - 30, NOW, None, 0.0, None),
)
TASK = TaskRun(
    *("abcdef123456", 1, "load", "load", "task", (), (), 0, 0, 0),
    State(FAILED, "Failed", "no rows", NOW),
    *(1, NOW - 20, NOW - 20, NOW),
)


def record_of(run=RUN, text="plain", **changes):
    failure = Failure(1, 1, "ValueError", text, text, {text: text})
    task = replace(TASK, name=text, state=State(FAILED, "Failed", text, NOW))
    line = LogLine(1, 1, NOW, 40, "l", f"{text}\nsecond")
    child = replace(run, id="child", flow=text, state=State(COMPLETED, "Completed", text))
    record = RunRecord(
        replace(run, state=State(FAILED, "Failed", text)),
        (task,),
        (StateChange(1, 1, task.state, 1),),
        (failure,),
        (line,),
        (),
        (child,),
        Cause(run, (run,), task, failure),
    )
    return replace(record, **changes)


class Elements(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def export(record, folder):
    export_run(record, "{}", folder, NOW)
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_page_shows_the_run_its_cause_its_tasks_and_its_log(tmp_path):
    page = export(record_of(text="no rows today"), tmp_path / "out")
    for said in ("daily #7", "no rows today", "Graph", "Timeline", "Task runs", "parameter day", "Runs that it called"):
        assert said in page
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.html", "log.txt", "run.json"]


def test_whatever_names_and_logs_say_is_text(tmp_path):
    plain, hostile = (Elements(export(record_of(text=text), tmp_path / str(len(text)))) for text in ("plain", HOSTILE))
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes
    assert "script" not in hostile.tags
    assert not any(name.startswith("on") for name in hostile.attributes)


def test_the_page_may_run_and_fetch_nothing(tmp_path):
    page = export(record_of(text=HOSTILE), tmp_path / "out")
    assert "default-src 'none'" in page
    assert not re.search(r'(src|href)="(?!data:|run\.json|log\.txt|files/|#)', page)
    log = (tmp_path / "out" / "log.txt").read_text(encoding="utf-8")
    assert log.count("\n") == 1
    assert "\x1b" not in log


def test_files_of_the_run_come_along_but_no_links(tmp_path):
    folder = tmp_path / "run"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "report.ipynb").write_text("{}")
    (folder / "artifacts" / 'a"b <c>.png').write_bytes(b"png")
    (folder / "artifacts" / "t.json").write_text(json.dumps({"columns": ["<i>"], "rows": [["<u>"]]}))
    (folder / "artifacts" / "t.html").write_text("<table>")
    (tmp_path / "secret").write_text("not this")
    (folder / "link").symlink_to(tmp_path / "secret")
    common = {"key": "k", "description": HOSTILE, "media_type": "x", "size": 1}
    kept = [
        ArtifactKept("abcdef123456", 1, "1", NOW, "image", location='artifacts/a"b <c>.png', **common),
        ArtifactKept("abcdef123456", 1, "2", NOW, "table", location="artifacts/t.html", **common),
        ArtifactKept("abcdef123456", 1, "3", NOW, "link", location="javascript://%0aalert(1)", **common),
        ArtifactKept("abcdef123456", 1, "4", NOW, "file", location="artifacts/gone.txt", **common),
    ]
    run = replace(RUN, directory=str(folder))
    page = export(record_of(run, artifacts=tuple(kept)), tmp_path / "out")
    files = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out" / "files").rglob("*.*"))
    assert files == [
        'files/artifacts/a"b <c>.png',
        "files/artifacts/t.html",
        "files/artifacts/t.json",
        "files/report.ipynb",
    ]
    assert "data:image/png;base64," in page
    assert "&lt;u&gt;" in page
    assert 'href="javascript' not in page
    assert "its file is not there any more" in page
    assert "not this" not in page


def test_a_secret_does_not_come_along(tmp_path):
    resolved.register("hunter2-hunter2", "password")
    page = export(record_of(text="it is hunter2-hunter2"), tmp_path / "out")
    assert "hunter2" not in page
    assert "hunter2" not in (tmp_path / "out" / "log.txt").read_text(encoding="utf-8")


def test_a_zip_holds_one_folder_of_its_own_name(tmp_path):
    made = export_run(record_of(), '{"a": 1}', tmp_path / "out.zip", NOW)
    with zipfile.ZipFile(made.path) as archive:
        assert sorted(archive.namelist()) == ["out/index.html", "out/log.txt", "out/run.json"]
        assert archive.read("out/run.json") == b'{"a": 1}'
    assert list(tmp_path.iterdir()) == [tmp_path / "out.zip"]


@pytest.mark.parametrize("name", ["full", "file", "file.zip", "dangling"])
def test_what_is_there_is_never_written_over(tmp_path, name):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    for file in ("file", "file.zip"):
        (tmp_path / file).write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileExistsError, match="is there already"):
        export_run(record_of(), "{}", tmp_path / name, NOW)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_export_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("jupyter_flows.services.run_export.log_text", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_run(record_of(), "{}", tmp_path / "out", NOW)
    assert list(tmp_path.iterdir()) == []
