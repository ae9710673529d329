from __future__ import annotations

import json
import time

from jupyter_flows.server.changes import Changes
from jupyter_flows.server.shapes.events import RunChanged


def test_the_first_look_only_learns_and_the_next_tells_what_is_new(site, runs, run_daily):
    changes = Changes(site.door, site.door.sql())
    assert list(changes.look(time.time(), whole=True)) == []
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
