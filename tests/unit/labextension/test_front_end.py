"""What the front end and Python must agree on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from jupyter_flows.graph.palette import LOOKS
from jupyter_flows.version import __version__

PROJECT = Path(__file__).parents[3] / "labextension"


def read(name):
    return json.loads((PROJECT / name).read_text(encoding="utf-8"))


def test_the_looks_of_states_in_lists_are_those_of_graphs():
    drawn = {
        shown.css: {name: value for name, value in asdict(shown).items() if name not in {"css", "dashed"}}
        for shown in LOOKS
    }
    assert read("src/lab/looks.json") == drawn


def test_the_extension_has_the_version_of_the_package():
    assert read("package.json")["version"] == read("package-lock.json")["version"] == __version__


def test_the_lock_file_names_no_host():
    lock = (PROJECT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "registry." not in lock


def test_what_only_the_check_of_types_needs_is_not_installed_for_a_build():
    assert {name.split("/")[0] for name in read("package.json")["peerDependencies"]} == {"@jupyterlab", "@lumino"}
    assert read("package.json")["dependencies"] == {}
