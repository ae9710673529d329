from __future__ import annotations

import sqlite3

import pytest

from benchmarks.answers import fill
from jupyter_flows.services.health.finding import FAIL, OK, WARN
from jupyter_flows.services.health.store_file import has_reset_defect, look_at_sqlite, look_at_store
from jupyter_flows.settings import load_settings
from jupyter_flows.store.revision import HEAD


@pytest.fixture
def settings(tmp_path):
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


def found(settings):
    return {one.about: one for one in look_at_store(settings)}


@pytest.mark.parametrize(
    ("version", "has"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_the_defect_of_reset_logs_is_known_by_version(version, has):
    assert has_reset_defect(version) is has


def test_a_sqlite_without_returning_is_too_old():
    assert look_at_sqlite((3, 34, 9)).level == FAIL
    assert look_at_sqlite((3, 40, 1)).level == OK


def test_a_store_that_is_not_there_is_not_made(settings):
    assert found(settings)["store"].level == OK
    assert not settings.flows_dir.exists()


def test_a_current_store_tells_its_revision_size_and_wholeness(settings, tmp_path):
    fill(tmp_path, runs=3, tasks=2)
    told = found(settings)
    assert {one.level for one in told.values()} == {OK}
    assert f"revision {HEAD}" in told["store"].said
    assert "3 flow runs, 6 task runs" in told["store size"].said
    assert told["integrity"].said == "whole"


def test_a_damaged_store_fails_with_what_to_do(settings, tmp_path):
    fill(tmp_path, runs=40, tasks=5)
    with settings.database_path.open("r+b") as file:
        for page in range(10, 24):
            file.seek(page * 4096)
            file.write(b"\xff" * 2048)
    told = found(settings)
    bad = [one for one in told.values() if one.level == FAIL]
    assert bad
    assert all("damaged" in one.said for one in bad)


@pytest.mark.parametrize("content", [b"hello, this is no database at all" * 50, b"SQLite format 3\x00"])
def test_what_is_no_store_is_named_as_that(settings, content):
    settings.flows_dir.mkdir(parents=True)
    settings.database_path.write_bytes(content)
    assert found(settings)["store"].level == FAIL


def test_another_programs_database_is_left_alone(settings):
    settings.flows_dir.mkdir(parents=True)
    connection = sqlite3.connect(settings.database_path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    before = settings.database_path.read_bytes()
    assert "another program" in found(settings)["store"].said
    assert settings.database_path.read_bytes() == before


def test_a_store_in_memory_is_said_to_end():
    settings = load_settings({"JUPYTER_DATA_DIR": "/nowhere", "JUPYTER_FLOWS_DATABASE_URL": "memory:"})
    assert found(settings)["store"].level == WARN
