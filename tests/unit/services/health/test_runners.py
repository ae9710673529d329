from __future__ import annotations

import sqlalchemy as sa

from jupyter_flows.services.health.finding import OK, WARN
from jupyter_flows.services.health.runners import look_at_runners
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.sql_connections import empty_sql
from jupyter_flows.store.tables import deployments, runners, schedules


def found(sql):
    return {one.about: one for one in look_at_runners(sql)}


def scheduled(sql):
    with sql.reading() as connection:
        connection.execute(
            deployments.insert(),
            {
                "id": "d",
                "name": "n",
                "flow": "f",
                "kind": "flow",
                "version": 1,
                "paused": 0,
                "created_at": 1,
                "updated_at": 1,
            },
        )
        told = {"definition": "{}", "catchup": "latest", "overlap": "queue", "created_at": 1, "planned_at": 1}
        connection.execute(
            schedules.insert(), {"id": "s", "deployment_id": "d", "name": "s", "paused": 0, "next_at": 5.0, **told}
        )


def test_nothing_scheduled_needs_no_runner():
    assert {one.level for one in found(empty_sql()).values()} == {OK}


def test_a_schedule_without_a_runner_is_told():
    sql = empty_sql()
    scheduled(sql)
    told = found(sql)["runners"]
    assert told.level == WARN
    assert told.advice == "start one: jupyter flows runner"


def test_a_living_runner_is_named_and_a_dead_one_is_not():
    sql, own = empty_sql(), this_owner("r")
    scheduled(sql)
    row = {"host": own.host, "boot_id": own.boot_id, "workers": 2, "started_at": 1.0, "lease_until": 4e9}
    with sql.reading() as connection:
        dead = {"id": "dead", "pid": own.pid, "process_started": "1", **row}
        connection.execute(sa.insert(runners), dead)
    assert found(sql)["runners"].level == WARN
    with sql.reading() as connection:
        alive = {"id": "r", "pid": own.pid, "process_started": own.process_started, **row}
        connection.execute(sa.insert(runners), alive)
    assert f"process {own.pid} on {own.host} (2 workers)" in found(sql)["runners"].said


def test_who_serves_other_deployments_is_named_and_does_not_count_for_a_schedule():
    sql, own = empty_sql(), this_owner("r")
    scheduled(sql)
    row = {"id": "r", "host": own.host, "boot_id": own.boot_id, "pid": own.pid, "workers": 1, "started_at": 1.0}
    with sql.reading() as connection:
        told = {"process_started": own.process_started, "lease_until": 4e9, "serves": '["other"]'}
        connection.execute(sa.insert(runners), {**row, **told})
    said = [(one.level, one.said) for one in look_at_runners(sql) if one.about == "runners"]
    assert said == [
        (OK, f"process {own.pid} on {own.host} (1 worker, deployments served: 1)"),
        (WARN, "none is there for 1 schedule"),
    ]
    with sql.reading() as connection:
        connection.execute(sa.update(runners).values(serves='["other", "d"]'))
    assert [one.level for one in look_at_runners(sql) if one.about == "runners"] == [OK]
