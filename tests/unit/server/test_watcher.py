from __future__ import annotations

import logging
import sqlite3
import time
from typing import Any

import pytest

from jupyter_flows.errors import StoreUnavailable
from jupyter_flows.server.event_log import EventLog
from jupyter_flows.server.hosted_runner import HostedRunner
from jupyter_flows.server.store_door import StoreDoor
from jupyter_flows.server.watcher import Watcher
from jupyter_flows.settings import load_settings


@pytest.fixture
def watcher(site) -> tuple[Watcher, list[dict[str, Any]]]:
    """One that looks when it is told to, and somebody who listens."""
    log, heard = EventLog(), list[dict[str, Any]]()
    log.listen(heard.append)
    return Watcher(site.door, site.runner, site.children, log, ahead=900.0), heard


def test_nothing_is_opened_where_there_is_no_store(site, watcher):
    watcher[0]._look()
    assert not site.door.is_there
    assert watcher[0].activity == 0


def test_a_run_that_is_made_is_told(watcher, runs, run_daily):
    one, heard = watcher
    one._look()
    run_daily(1)
    one._look()
    assert [event["type"] for event in heard] == ["hello", "followed", "run"]


def test_the_first_run_of_all_is_told_though_there_was_no_store_to_follow(watcher, run_daily):
    one, heard = watcher
    one._look()
    run_daily(1)
    one._look()
    assert [event["type"] for event in heard] == ["hello", "followed"]


def test_files_that_a_notebook_run_writes_after_its_end_are_told_though_the_store_says_nothing(
    site, watcher, runs, tmp_path
):
    one, heard = watcher
    with sqlite3.connect(site.door.path) as store:
        ended = (str(tmp_path), time.time(), runs["failed"])
        store.execute("UPDATE flow_runs SET kind = 'notebook', directory = ?, ended_at = ? WHERE id = ?", ended)
    store.close()
    for _ in range(2):
        one._look()
    (tmp_path / "report.html").touch()
    for _ in range(2):
        one._look()
    (event,) = heard[2:]
    assert (event["change"], event["run"]["id"]) == ("files", runs["failed"])


def test_a_store_that_goes_away_is_told_once_and_so_is_its_return(site, watcher, runs):
    one, heard = watcher
    one._look()
    path = site.door.path
    path.rename(path.with_name("away.db"))
    with pytest.raises(StoreUnavailable, match="gone") as caught:
        one._look()
    one._in_trouble(caught.value)
    one._look()
    path.with_name("away.db").rename(path)
    one._look()
    assert [event["type"] for event in heard] == ["hello", "followed", "trouble", "recovered", "followed"]


def test_a_tick_that_is_near_counts_as_activity_where_a_runner_is_hosted(site, ask, notebook, tmp_path):
    settings = load_settings()
    door = StoreDoor(settings, 0.1)
    hosted = HostedRunner(door, settings, {"workers": 1}, logging.getLogger("test"))
    ask("deploy", form={"path": notebook(), "schedule": {"every": ["5m"]}})
    one = Watcher(door, hosted, site.children, EventLog(), ahead=900.0)
    one._look()
    assert one.activity == 1
    far = Watcher(door, hosted, site.children, EventLog(), ahead=0.0)
    far._look()
    assert far.activity == 0
    without = Watcher(site.door, site.runner, site.children, EventLog(), ahead=900.0)
    without._look()
    assert without.activity == 0
    for each in (one, far, without):
        each._opened.close()
    door.close()


def test_no_runner_is_hosted_where_none_is_wanted_or_there_is_no_store(site):
    settings = load_settings()
    hosted = HostedRunner(site.door, settings, {"workers": 1}, logging.getLogger("test"))
    hosted.begin()
    site.runner.begin()
    assert (hosted.runner_id, site.runner.runner_id, site.runner.wanted) == ("", "", False)
    hosted.stop()


def test_a_hosted_runner_begins_with_the_store_and_ends_when_it_is_told(site, runs):
    hosted = HostedRunner(site.door, load_settings(), {"workers": 1, "keep_ready": False}, logging.getLogger("test"))
    hosted.begin()
    assert hosted.runner_id
    hosted.stop()
    hosted.begin()
    assert hosted.runner_id == ""
