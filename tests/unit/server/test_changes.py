from __future__ import annotations

import json
import sqlite3
import time

from jupyter_flows.server import changes as module
from jupyter_flows.server.changes import Changes
from jupyter_flows.server.shapes.events import RunChanged


def looked(changes):
    return list(changes.look(time.time(), whole=True))


def changed(site, *statement):
    with sqlite3.connect(site.door.path) as store:
        store.execute(*statement)
    store.close()


def test_the_first_look_only_learns_and_the_next_tells_what_is_new(site, runs, run_daily):
    changes = Changes(site.door, site.door.sql())
    assert list(changes.look(time.time(), whole=True)) == [{"type": "followed"}]
    run_daily(3)
    (event,) = changes.look(time.time(), whole=True)
    assert (event["change"], event["run"]["state"], event["run"]["task_runs"]["failed"]) == ("created", "Failed", 1)
    RunChanged.model_validate({**event, "seq": 1})
    assert list(changes.look(time.time(), whole=True)) == []


def test_events_hold_no_parameter_and_no_message(site, ask, runs):
    changes = Changes(site.door, site.door.sql())
    list(changes.look(time.time(), whole=True))
    changes._known = {}
    told = json.dumps(list(changes.look(time.time(), whole=True)))
    assert "parameters" not in told
    assert "no 2" not in told


def test_whoever_has_read_before_changes_are_followed_is_told_to_read_anew_each_time_they_are_followed_again(
    site, runs
):
    changes = Changes(site.door, site.door.sql())
    assert looked(changes) == [{"type": "followed"}]
    assert list(changes.look(time.time(), whole=False)) == []
    assert looked(changes) == [{"type": "followed"}]


def test_a_run_that_is_asked_to_stop_is_told(site, runs):
    left_open = "UPDATE flow_runs SET ended_at = NULL, state_kind = 'running', state_name = 'Running' WHERE id = ?"
    changed(site, left_open, (runs["good"],))
    changes = Changes(site.door, site.door.sql())
    looked(changes)
    site.door.reader().request_cancel(runs["good"], time.time())
    (event,) = looked(changes)
    assert event["run"]["id"] == runs["good"]


def test_of_very_many_runs_those_under_way_are_followed_however_long_ago_they_began(site, runs, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 1)
    left_open = (
        "UPDATE flow_runs SET ended_at = NULL, state_kind = 'running', state_name = 'Running', state_at = 1, "
        "created_at = 1, started_at = 1 WHERE id = ?"
    )
    changed(site, left_open, (runs["good"],))
    changes = Changes(site.door, site.door.sql())
    looked(changes)
    changed(site, "UPDATE task_runs SET state_kind = 'failed' WHERE flow_run_id = ?", (runs["good"],))
    (event,) = looked(changes)
    assert (event["change"], event["run"]["id"]) == ("progress", runs["good"])
