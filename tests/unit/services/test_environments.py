"""What a deployment was made with."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from jupyter_flows.services.environments import this_environment


def test_interpreter_and_packages_are_told_as_json():
    told = this_environment("python3")
    assert json.loads(json.dumps(told)) == told
    assert (told["python"], told["kernel"]) == (platform.python_version(), "python3")
    assert told["packages"]["pytest"] == pytest.__version__
    assert "kernel" not in this_environment()


def test_a_package_that_is_installed_later_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "brand-new" not in this_environment()["packages"]
    (tmp_path / "brand_new-1.2.dist-info").mkdir()
    (tmp_path / "brand_new-1.2.dist-info" / "METADATA").write_text("Name: brand-new\nVersion: 1.2\n")
    (tmp_path / "broken-1.dist-info").mkdir()
    assert this_environment()["packages"]["brand-new"] == "1.2"


@pytest.mark.parametrize("file", ["METADATA", "PKG-INFO"])
def test_only_the_head_of_a_package_tells_of_it(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "brand_new-1.2.dist-info").mkdir()
    text = "metadata-version: 2.1\nname:  brand-new \nVersion: 1.2\nName: twice\n\nName: told-of\nVersion: 9\n"
    (tmp_path / "brand_new-1.2.dist-info" / file).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    packages = this_environment()["packages"]
    assert packages["brand-new"] == "1.2"
    assert not {"twice", "told-of"} & packages.keys()


def test_the_first_on_the_path_is_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for place, version in (("later", "1"), ("first", "2")):
        folder = tmp_path / place / "brand_new.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Name: brand-new\nVersion: {version}\n")
        monkeypatch.syspath_prepend(str(tmp_path / place))
    assert this_environment()["packages"]["brand-new"] == "2"
