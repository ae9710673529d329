from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jupyter_flows.authoring.targets import find_flow, is_notebook
from jupyter_flows.errors import TargetError

SOURCE = """
from jupyter_flows import flow, task
import neighbour_of_flows
@task
def extract(): ...
@flow
def daily(): ...
@flow
def weekly(): ...
class Reports:
    @flow
    def monthly(self): ...
assert __name__ != "__main__"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "neighbour_of_flows.py").write_text("")
    (tmp_path / "target_flows.py").write_text(SOURCE)
    (tmp_path / "single_flow.py").write_text("from jupyter_flows import flow\n@flow\ndef only(): ...\n")
    (tmp_path / "without_flow.py").write_text("x = 1\n")
    (tmp_path / "bad_syntax.py").write_text("x = = 1\n")
    (tmp_path / "bad_import.py").write_text("\nimport no_such_thing_at_all\n")
    (tmp_path / "leaves.py").write_text("raise SystemExit(3)\n")
    return tmp_path


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("target_flows:daily", "daily"),
        ("target_flows.py:weekly", "weekly"),
        ("target_flows.py:Reports.monthly", "monthly"),
        ("single_flow.py", "only"),
    ],
)
def test_a_flow_is_found(target, name):
    assert find_flow(target).name == name


def test_a_file_elsewhere_can_import_its_neighbours(folder, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert find_flow(f"{folder}/target_flows.py:daily").name == "daily"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("target_flows:dayly", "did you mean 'daily'?"),
        ("target_flows:zzz", "its flows: daily, weekly"),
        ("target_flows:extract", "'extract' is no flow but a Task"),
        ("target_flows.py", "it has several flows; name one: target_flows.py:daily, target_flows.py:weekly"),
        ("without_flow.py", "decorate a function with @flow"),
        ("without_flow.py:x", "'x' is no flow but a int"),
        ("no_such_module:x", "there is no module 'no_such_module'"),
        ("no_such.py:x", "there is no file no_such.py"),
        ("word", "it names no flow; give NOTEBOOK.ipynb, module:flow, file.py:flow or NOTEBOOK.ipynb:flow"),
        ("two words:x", "it is no module's name"),
        ("bad_syntax.py:x", "SyntaxError"),
        ("bad_import:x", "No module named 'no_such_thing_at_all'"),
        ("leaves:x", "SystemExit: 3"),
    ],
)
def test_what_leads_to_no_flow_is_said_in_one_line(target, said):
    with pytest.raises(TargetError) as caught:
        find_flow(target)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_counts_as_a_notebook(folder):
    assert is_notebook("missing.ipynb")
    assert is_notebook(str(folder))
    assert not is_notebook("target_flows.py")
    assert not is_notebook("target_flows.py:daily")
    assert not is_notebook("module:flow")
