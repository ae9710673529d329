"""Files of deployments: defaults, profiles, and all problems at once by table and key."""

from __future__ import annotations

import json
import pickle
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.authoring.deployment_file import load_deployments
from jupyter_flows.errors import DeploymentFileError
from jupyter_flows.schedules import describe, from_json
from jupyter_flows.testing import flows_test_harness

MODULE = """
from datetime import date
from jupyter_flows import flow

@flow
def daily(day: date, factor: int = 2, key: str = ""):
    return factor
"""
FILE = """
[defaults]
timezone = "Europe/Rome"
tags = ["etl"]

[deployments.daily]
target = "file_of_flows.py:daily"
parameters = { day = "{yesterday}", factor = 3, key = "secret:KEY" }
cron = "0 9 * * 1-5"

[deployments.twice]
target = "file_of_flows:daily"
parameters = { day = 2013-01-15 }
[deployments.twice.schedules.night]
cron = "0 2 * * *"
overlap = "skip"
parameters = { day = "{today}" }
[deployments.twice.schedules.often]
every = "1h30m"
timezone = "UTC"

[deployments.book]
target = "book.ipynb"
cell_timeout_seconds = 30
env_file = "book.env"

[profiles.development.defaults]
paused = true
[profiles.development.deployments.daily.parameters]
factor = 1
[profiles.development.deployments.twice]
enabled = false

[profiles.production.deployments.daily]
every = "1d"
anchor = 2020-01-01
[profiles.production.deployments.twice.schedules]
often = false
night = { cron = "0 3 * * *", catchup = "all" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.startswith("file_of_flows")]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "file_of_flows.py").write_text(MODULE)
    (tmp_path / "book.env").write_text("A=1\n")
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": []}
    (tmp_path / "book.ipynb").write_text(json.dumps(book))
    with flows_test_harness():
        yield tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "flows.toml"
    path.write_text(textwrap.dedent(text))
    return path


def told(folder: Path, profile: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for made in load_deployments(write(folder, FILE), profile):
        definition = made.plan().definition
        schedules = {one.name: (describe(from_json(one.source)), one.overlap) for one in definition.schedules}
        found[made.name] = definition, schedules
    return found


def problems(path: Path, profile: str | None = None) -> dict[str, str]:
    with pytest.raises(DeploymentFileError) as refusal:
        load_deployments(path, profile)
    assert str(pickle.loads(pickle.dumps(refusal.value))) == str(refusal.value)
    return refusal.value.problems


def test_a_file_says_what_is_deployed(folder: Path):
    found = told(folder)
    daily, schedules = found["daily"]
    assert (daily.tags, daily.directory, daily.profile) == (("etl",), str(folder), "")
    assert daily.parameters == {"day": "{yesterday}", "factor": 3, "key": {"$secret": "KEY"}}
    assert schedules == {"schedule": ("at 09:00 on Monday to Friday, Europe/Rome", "queue")}
    twice, schedules = found["twice"]
    assert twice.parameters == {"day": "2013-01-15"}
    assert schedules == {
        "night": ("at 02:00, Europe/Rome", "skip"),
        "often": ("every 90 minutes, UTC", "queue"),
    }
    book, schedules = found["book"]
    assert (book.kind, book.cell_timeout_seconds, book.env_file) == ("notebook", 30.0, str(folder / "book.env"))


def test_a_profile_changes_schedules_and_parameters(folder: Path):
    found = told(folder, "development")
    assert list(found) == ["daily", "book"]
    daily, _ = found["daily"]
    assert (daily.parameters["factor"], daily.parameters["day"], daily.profile) == (1, "{yesterday}", "development")
    assert [one.paused for one in daily.schedules] == [True]


def test_a_profile_replaces_a_clock_and_leaves_schedules_out(folder: Path):
    found = told(folder, "production")
    assert found["daily"][1] == {"schedule": ("every day, Europe/Rome", "queue")}
    assert found["twice"][1] == {"night": ("at 03:00, Europe/Rome", "skip")}
    assert found["twice"][0].schedules[0].catchup == "all"


def test_what_is_loaded_is_stored_when_it_is_applied(folder: Path):
    made = load_deployments(write(folder, FILE))
    assert [one.apply().changed for one in made] == [True, True, True]
    assert [one.apply().changed for one in load_deployments(folder / "flows.toml")] == [False, False, False]


def test_all_problems_are_told_by_table_and_key(folder: Path):
    path = write(
        folder,
        """
        [deployments.unfit]
        target = "file_of_flows.py:daily"
        cron = "0 9 * *"
        retries = -1
        parameters = { day = "soon" }
        [deployments.gone]
        target = "file_of_flows.py:weekly"
        [deployments.empty]
        every = "soon"
        colour = "red"
        [deployments.two]
        target = "file_of_flows.py:daily"
        parameters = { day = 2013-01-15 }
        [deployments.two.schedules.a]
        cron = "0 9 * * *"
        every = 60
        [deployments.two.schedules.b]
        dates = ["2999-01-01"]
        parameters = { dya = "{today}" }
        [profile.x]
        [profiles.production.deployments.two.schedules.b]
        everi = 1
        """,
    )
    found = problems(path)
    assert {place: why[:30] for place, why in found.items()} == {
        "profile": "there is no such table; did yo",
        "profiles.production.deployments.two.schedules.b.everi": "there is no such key; did you ",
        "deployments.empty.target": "it is needed: NOTEBOOK.ipynb, ",
        "deployments.empty.colour": "there is no such key; there ar",
        "deployments.empty.every": "'soon' should be a length of t",
        "deployments.unfit.cron": "it has 4 fields and must have ",
        "deployments.unfit.retries": "give a whole number from 0 to ",
        "deployments.unfit.parameters.day": "Input should be a valid date o",
        "deployments.gone.target": f"{folder}/file_of_flows.py:weekly"[:30],
        "deployments.two.schedules.a.cron": "give one of cron, every, rrule",
        "deployments.two.schedules.b.parameters.dya": "is not a parameter (known: day",
    }


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", "deployments", "the file has none"),
        ("[deployments", "file", "it is no TOML: "),
        ("deployments = 3", "deployments", "it must be a table"),
        ("[deployments]\na = 3", "deployments.a", "it must be a table"),
        ("[profiles]\na = 3", "profiles.a", "it must be a table"),
        ("[defaults]\ntags = 'x'\n[deployments.a]\ntarget = 'book.ipynb'", "defaults.tags", "valid list"),
        ("[deployments.a]\ntarget = 'book.ipynb'\nschedules = 3", "deployments.a.schedules", "valid dictionary"),
        ("[deployments.a]\ntarget = 'gone.ipynb'", "deployments.a.target", "there is no notebook"),
        ("[deployments.a]\ntarget = 'book.ipynb'\ntimezone = 'Mars'\nevery = 60", "deployments.a.timezone", "no such"),
        ("[deployments.a]\ntarget = 'book.ipynb'\nenv_file = 'x'", "deployments.a.env_file", "no such file"),
        ("[deployments.a]\ntarget = 'book.ipynb'\nkernel = 'cobol'", "deployments.a.target", "no kernel 'cobol'"),
        ("[deployments.a]\ntarget = 'book.ipynb'\nevery = true", "deployments.a.every", "a length of time"),
        ("[deployments.a]\ntarget = 'book.ipynb'\nevery = nan", "deployments.a.every", "a length of time"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(folder: Path, text: str, place: str, why: str):
    found = problems(write(folder, text))
    assert why in found[place], found


def test_a_profile_or_file_that_is_not_there_is_told(folder: Path):
    path = write(folder, FILE)
    (told,) = problems(path, "stage").items()
    assert told == ("profiles.stage", "there is no such profile; the file has: development, production")
    assert "No such file" in problems(folder / "none.toml")["file"]
