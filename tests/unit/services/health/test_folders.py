from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.answers import fill
from jupyter_flows.services.health import folders
from jupyter_flows.services.health.finding import FAIL, OK, WARN
from jupyter_flows.services.health.folders import look_at_folders
from jupyter_flows.settings import load_settings


@pytest.fixture
def settings(tmp_path):
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


def found(settings):
    return {one.about: one for one in look_at_folders(settings)}


def test_a_fresh_store_is_for_its_user_alone(settings, tmp_path):
    fill(tmp_path, runs=1, tasks=1)
    assert found(settings)["directory"].level == OK


def test_what_others_can_read_is_named_with_the_command_that_mends_it(settings, tmp_path):
    fill(tmp_path, runs=1, tasks=1)
    settings.database_path.chmod(0o644)
    told = found(settings)["directory"]
    assert told.level == WARN
    assert str(settings.database_path) in told.said
    assert told.advice == f"chmod -R go-rwx {settings.flows_dir}"


def test_a_folder_that_is_not_there_is_not_made(settings):
    assert found(settings)["directory"].level == OK
    assert not settings.flows_dir.exists()


def test_a_folder_that_cannot_be_written_to_fails(settings, monkeypatch):
    settings.flows_dir.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(folders.os, "access", lambda place, _: place != settings.flows_dir)
    assert found(settings)["directory"].level == FAIL


@pytest.mark.parametrize(("free", "level"), [(10**7, FAIL), (5 * 10**8, WARN), (10**10, OK)])
def test_a_full_disk_is_told_before_it_is_full(settings, monkeypatch, free, level):
    settings.flows_dir.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert found(settings)["disk"].level == level


def test_a_network_file_system_fails(settings, monkeypatch):
    settings.flows_dir.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(folders, "network_file_system", lambda _: "nfs4")
    assert found(settings)["file system"].level == FAIL
