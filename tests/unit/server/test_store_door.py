from __future__ import annotations

import sqlite3

import pytest

from jupyter_flows.errors import StoreUnavailable


def test_a_store_that_was_taken_away_is_told_and_no_new_one_is_made(site, ask, runs):
    ask("list_runs")
    path = site.door.path
    away = path.with_name("away.db")
    path.rename(away)
    for name in ("list_runs", "overview", "list_deployments", "stats", "settings"):
        with pytest.raises(StoreUnavailable, match="gone"):
            ask(name)
    assert not path.exists()
    away.rename(path)
    assert len(ask("list_runs")["runs"]) == len(runs)


def test_a_store_that_was_replaced_is_opened_anew(site, ask, runs):
    ask("list_runs")
    path = site.door.path
    for one in path.parent.glob("flows.db*"):
        one.unlink()
    path.touch(mode=0o600)
    assert ask("list_runs")["runs"] == []


def test_a_locked_store_can_be_read_and_a_write_gives_up_soon(site, ask, runs, notebook):
    deployment = ask("deploy", form={"path": notebook()})["deployment"]["id"]
    other = sqlite3.connect(site.door.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert ask("list_runs")["runs"]
        with pytest.raises(StoreUnavailable) as caught:
            ask("pause_deployment", deployment=deployment)
        assert caught.value.why
    finally:
        other.close()


def test_what_is_no_store_is_told(site, ask):
    site.door.path.parent.mkdir(parents=True)
    site.door.path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreUnavailable):
        ask("list_runs")
