from __future__ import annotations

import time
from pathlib import Path

import pytest

from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_deployments, open_queue
from jupyter_flows.store.claims import Claims
from jupyter_flows.store.live_runners import live_runners
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.location import open_sql


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})


def found(settings: Settings, deployment: str | None = None) -> list[tuple[str, int]]:
    sql = open_sql(settings)
    try:
        return [(one.owner.token, one.workers) for one in live_runners(sql, deployment)]
    finally:
        sql.close()


def test_runners_are_there_until_they_stop_and_those_for_certain_runs_are_not_counted(settings: Settings):
    with open_queue(settings) as queue, open_deployments(settings) as deployments:
        first, certain = (Claims(queue, deployments, this_owner(token), 20.0, {}) for token in ("a", "b"))
        first.register(2, time.time())
        certain.register(0, time.time())
        assert found(settings) == [("a", 2)]
        first.stop(time.time())
        assert found(settings) == []


def test_a_runner_whose_process_is_gone_is_not_there(settings: Settings):
    with open_queue(settings) as queue, open_deployments(settings) as deployments:
        owner = this_owner("gone")
        Claims(queue, deployments, type(owner)(owner.host, owner.boot_id, 2**22 + 1, "1", "gone"), 20.0, {}).register(
            1, time.time()
        )
        assert found(settings) == []


def test_a_runner_that_serves_some_deployments_is_there_for_these(settings: Settings):
    with open_queue(settings) as queue, open_deployments(settings) as deployments:
        every, served = (Claims(queue, deployments, this_owner(token), 20.0, {}) for token in ("every", "served"))
        every.register(2, 1.0)
        served.register(1, 2.0, ["d1", "d2"])
        assert found(settings) == [("every", 2), ("served", 1)]
        assert found(settings, "d1") == [("every", 2), ("served", 1)]
        assert found(settings, "d3") == [("every", 2)]
