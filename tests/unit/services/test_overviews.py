from __future__ import annotations

import time

import pytest

from jupyter_flows.model.records import FlowRunCreated, StateEntered
from jupyter_flows.model.states import COMPLETED, RUNNING, SCHEDULED
from jupyter_flows.services.overviews import LATELY, Overviews
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_sql, open_writer
from jupyter_flows.store.called import Whose
from jupyter_flows.store.liveness import this_owner

OWNER = this_owner("of-this-test")
NOW = time.time()


@pytest.fixture
def sql(tmp_path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    writer, opened = open_writer(settings), open_sql(settings)
    batch = {
        "runs": run("runs", NOW - 9, RUNNING),
        "waits": run("waits", NOW - 8, SCHEDULED),
        "ended": run("ended", NOW - 100, RUNNING, NOW - 50),
        "ended-later": run("ended-later", NOW - 110, RUNNING, NOW - 40),
        "long-ago": run("long-ago", NOW - 3 * LATELY, RUNNING, NOW - 2 * LATELY),
    }
    writer.commit(batch, OWNER, NOW + 60, durable=False)
    yield opened
    writer.close()
    opened.close()


def run(run_id, at, kind, end=None):
    created = FlowRunCreated(run_id, run_id, "daily", "flow", "1", "{}", (), None, 0, None, OWNER, at)
    records = [created, StateEntered(run_id, 0, 1, kind, str(kind).capitalize(), "", at, 1)]
    return records if end is None else [*records, StateEntered(run_id, 0, 2, COMPLETED, "Completed", "", end, 1)]


def test_runs_are_sorted_into_running_waiting_and_lately_ended(sql):
    seen = Overviews(sql).read(NOW)
    assert [one.run.id for one in seen.running] == ["runs"]
    assert [one.run.id for one in seen.waiting] == ["waits"]
    assert [one.run.id for one in seen.ended] == ["ended-later", "ended"]
    assert seen.running[0].usual is not None


def test_runs_of_other_flows_are_left_out(sql):
    seen = Overviews(sql, Whose("other")).read(NOW)
    assert (seen.running, seen.waiting, seen.ended, seen.ticks) == ((), (), (), ())
