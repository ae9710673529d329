from __future__ import annotations

from importlib import metadata

import pytest

from jupyter_flows.services.health import packages
from jupyter_flows.services.health.finding import FAIL, OK, WARN
from jupyter_flows.services.health.packages import look_at_packages


def found():
    return {one.about: one for one in look_at_packages()}


@pytest.mark.parametrize(
    ("requirement", "level", "said"),
    [
        ("rich>=13.7", OK, ""),
        ("rich>=99", FAIL, "wanted is >=99"),
        ("no-such-package>=1", FAIL, "no-such-package is missing"),
        ('no-such-package>=1; sys_platform == "nowhere"', OK, ""),
    ],
)
def test_requirements_are_held_against_what_is_installed(monkeypatch, requirement, level, said):
    monkeypatch.setattr(packages.metadata, "requires", lambda _: [requirement])
    assert found()["packages"].level == level
    assert said in found()["packages"].said


def test_a_missing_extra_is_no_fault(monkeypatch):
    monkeypatch.setattr(packages.metadata, "requires", lambda _: ['no-such-package>=1; extra == "s3"'])
    told = found()["extra s3"]
    assert told.level == OK
    assert "jupyter-flows[s3]" in told.advice


def test_a_folder_that_is_not_installed_is_told(monkeypatch):
    def nowhere(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(packages.metadata, "requires", nowhere)
    assert found()["packages"].level == WARN
