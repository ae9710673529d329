"""What mybinder.org builds from: it asks for what the package asks for, and its script can be run."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text(encoding="utf-8"))
CONDA_NAMES = {"matplotlib-base": "matplotlib"}


def test_the_bounds_are_those_of_the_package():
    extras = PROJECT["optional-dependencies"]
    wanted = {
        (one := Requirement(text)).name.lower(): one.specifier
        for text in [*PROJECT["dependencies"], *extras["lab"], *extras["demo"]]
    }
    asked = [Requirement(text) for text in ENVIRONMENT["dependencies"] if not text.startswith(("python=", "pip"))]
    assert len(asked) >= 5
    assert {one.name: one.specifier for one in asked} == {
        one.name: wanted[CONDA_NAMES.get(one.name, one.name)] for one in asked
    }


def test_its_python_is_one_that_the_package_runs_on():
    (python,) = [text.split("=")[1] for text in ENVIRONMENT["dependencies"] if text.startswith("python=")]
    assert Version(python) in Requirement(f"python{PROJECT['requires-python']}").specifier
    assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]


def test_what_it_runs_is_a_program_without_mistakes_of_writing():
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
