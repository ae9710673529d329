from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from jupyter_flows.model.deployments import DeploymentDefinition, DeploymentRun
from jupyter_flows.services.waiting_reasons import waiting_reasons
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.sql_connections import empty_sql
from jupyter_flows.store.tables import deployment_runs, flow_runs, limit_slots, limits, runners, schedules

NOW = 1_800_000_000.0
OWN = this_owner("runner-1")
WAITS = DeploymentRun("waits", "d", 1, "schedule", NOW - 5, schedule_id="s", tick=NOW - 5)
DEFINITION = DeploymentDefinition("morning", "daily", "flow", "m@f", "/")


@pytest.fixture
def sql():
    opened = empty_sql()
    add_run(opened, WAITS)
    yield opened
    opened.close()


def insert(sql, table, **values):
    with sql.reading() as connection:
        connection.execute(table.insert().values(values))


def add_run(sql, queued, state="Scheduled"):
    blank = {"version": "1", "parameters": "{}", "tags": "[]", "parent_number": 0, "state_version": 1, "attempts": 0}
    insert(
        sql,
        flow_runs,
        id=queued.run_id,
        name=f"daily-{queued.run_id}",
        flow="daily",
        kind="flow",
        serial=1,
        state_kind=state.lower(),
        state_name=state,
        state_at=1.0,
        created_at=1.0,
        **blank,
    )
    insert(sql, deployment_runs, **asdict(queued))


def add_runner(sql, workers=2, **changes):
    row = {"id": "runner-1", "host": OWN.host, "boot_id": OWN.boot_id, "pid": OWN.pid, "workers": workers}
    row.update(process_started=OWN.process_started, started_at=1.0, lease_until=4e9)
    insert(sql, runners, **{**row, **changes})


def reasons(sql, run=WAITS, definition: DeploymentDefinition | None = DEFINITION, limits_=None):
    return waiting_reasons(sql, run, definition, limits_ or {}, NOW)


def only(sql, run=WAITS, definition: DeploymentDefinition | None = DEFINITION, limits_=None):
    (one,) = reasons(sql, run, definition, limits_)
    return one


def test_a_run_of_the_future_is_not_due(sql):
    one = only(sql, replace(WAITS, due_at=NOW + 60))
    assert (one.reason, one.said) == ("not due", "it is due in 1 min")


def test_without_a_runner_it_says_how_to_start_one(sql):
    add_runner(sql, process_started="1")
    one = only(sql)
    assert (one.reason, one.advice) == ("no runner", "start one: jupyter flows runner")


def test_a_claimed_run_names_its_runner(sql):
    add_runner(sql)
    claimed = replace(WAITS, runner_id="runner-1", claimed_at=NOW - 2)
    assert (
        only(sql, claimed).said
        == f"a runner (process {OWN.pid} on {OWN.host}) took it 2.0 s ago and starts its process"
    )
    assert "is dead" in only(sql, replace(claimed, runner_id="gone")).said


def test_a_full_deployment_names_the_runs_that_fill_it(sql):
    add_runner(sql)
    add_run(sql, replace(WAITS, run_id="runs", schedule_id=None, tick=None, runner_id="runner-1"), "Running")
    one = only(sql, definition=replace(DEFINITION, max_active=1))
    assert (one.reason, one.run_ids) == ("active", ("runs",))
    assert "daily-runs (Running)" in one.said


@pytest.mark.parametrize(("overlap", "waits"), [("queue", True), ("cancel", True), ("allow", False), ("skip", False)])
def test_by_overlap_it_waits_for_the_run_of_an_earlier_tick(sql, overlap, waits):
    add_runner(sql)
    told = {"definition": "{}", "catchup": "latest", "created_at": 1.0, "planned_at": 1.0}
    insert(sql, schedules, id="s", deployment_id="d", name="s", overlap=overlap, paused=0, **told)
    add_run(sql, replace(WAITS, run_id="earlier", tick=NOW - 65, due_at=NOW, runner_id="runner-1"), "Running")
    one = only(sql)
    assert (one.reason, one.run_ids) == (("overlap", ("earlier",)) if waits else ("soon", ()))


@pytest.mark.parametrize("names", [{"limits": ("db",)}, {"tags": ("db",)}])
@pytest.mark.parametrize("by_settings", [True, False])
def test_a_full_limit_names_who_holds_it(sql, names, by_settings):
    add_runner(sql)
    if not by_settings:
        insert(sql, limits, name="db", slots=1, at=1.0)
    add_run(sql, replace(WAITS, run_id="holds", deployment_id="other", runner_id="runner-1"), "Running")
    holder = {"host": OWN.host, "boot_id": OWN.boot_id, "pid": OWN.pid, "lease_until": 4e9}
    holder["process_started"] = OWN.process_started
    insert(sql, limit_slots, limit_name="db", run_id="holds", number=0, slots=1, **holder)
    one = only(sql, definition=replace(DEFINITION, **names), limits_={"db": 1} if by_settings else {})
    assert one.said == "no slot of the limit 'db' is free (1 of 1 taken, held by daily-holds (Running))"


def test_busy_workers_are_told_with_what_they_execute(sql):
    add_runner(sql, workers=1)
    add_run(sql, replace(WAITS, run_id="runs", deployment_id="other", runner_id="runner-1"), "Running")
    one = only(sql)
    assert (one.reason, one.run_ids) == ("busy", ("runs",))


def test_runs_that_come_first_are_counted(sql):
    add_runner(sql)
    add_run(sql, replace(WAITS, run_id="first", deployment_id="other", priority=5))
    assert only(sql).said == "1 due run of higher priority or longer due come first"


def test_otherwise_it_is_taken_soon(sql):
    add_runner(sql)
    assert only(sql, definition=None).reason == "soon"
