from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_flows.errors import ScheduleError
from jupyter_flows.model.deployments import (
    BACKFILL,
    Deployment,
    DeploymentDefinition,
    DeploymentRun,
    ScheduleDefinition,
    StoredSchedule,
)
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import COMPLETED, CRASHED, FAILED, PAUSED, RUNNING, SCHEDULED, State, StateKind
from jupyter_flows.schedules import Clock, CronSchedule, IntervalSchedule, to_json
from jupyter_flows.services.backfill import Again, BackfillPlan, is_over, plan_backfill, range_of
from jupyter_flows.store.runs_of_deployments import RunOfDeployment

ROME = "Europe/Rome"
MORNING = CronSchedule("0 9 * * *", timezone=ROME, parameters={"day": "{tick:%Y-%m-%d}"})
DEPLOYMENT = Deployment(
    "d1", 3, DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/", {"n": 1}), "", False, 1.0, 1.0
)
NOW = datetime(2027, 4, 15, 12, tzinfo=UTC)


def stored(clock: Clock, schedule_id: str = "s1") -> StoredSchedule:
    return StoredSchedule(schedule_id, "d1", ScheduleDefinition(schedule_id, to_json(clock)), 1.0, 1.0, None)


def run_of(at: datetime, kind: StateKind, schedule_id: str | None = "s1", *, done: bool = True) -> RunOfDeployment:
    ended = 2.0 if kind in {COMPLETED, FAILED, CRASHED} else None
    run = FlowRun(
        "r" + at.isoformat(),
        "r",
        "f",
        "flow",
        1,
        "",
        "{}",
        (),
        None,
        0,
        None,
        State(kind, str(kind).capitalize()),
        1,
        1.0,
        1.0,
        ended,
        None,
        0.0,
        None,
    )
    queued = DeploymentRun(run.id, "d1", 1, BACKFILL, 1.0, schedule_id, at.timestamp(), done_at=2.0 if done else None)
    return RunOfDeployment(queued, run)


def planned(
    *existing: RunOfDeployment,
    first: str = "2027-03-26",
    end: str = "2027-03-30",
    again: Again = Again.NONE,
    schedules=(),
) -> BackfillPlan:
    schedules = schedules or [stored(MORNING)]
    begin, stop = range_of(schedules, first, end, NOW)
    return plan_backfill(DEPLOYMENT, schedules, existing, begin, stop, again)


def days(ticks) -> list[int]:
    return [one.at.day for one in ticks]


def test_each_tick_of_the_range_has_one_run_and_the_end_is_left_out():
    plan = planned()
    assert [str(one.at) for one in plan.to_run] == [
        "2027-03-26 09:00:00+01:00",
        "2027-03-27 09:00:00+01:00",
        "2027-03-28 09:00:00+02:00",
        "2027-03-29 09:00:00+02:00",
    ]
    assert days(planned(first="2027-03-26T09:00", end="2027-03-27T09:00").to_run) == [26]


def test_dates_are_read_on_the_clock_of_the_schedule():
    begin, end = range_of([stored(MORNING)], "2027-03-01", "2027-04-01", NOW)
    assert (begin, end) == (
        datetime(2027, 2, 28, 23, tzinfo=UTC),
        datetime(2027, 3, 31, 22, tzinfo=UTC),
    )


def test_a_range_ends_now_at_the_latest():
    assert days(planned(first="2027-04-14", end="2099-01-01").to_run) == [14, 15]


@pytest.mark.parametrize(
    ("first", "end", "said"),
    [
        ("2027-03-02", "2027-03-02", "later than"),
        ("2027-03-02", "2027-03-01", "later than"),
        ("2027-05-01", "2027-06-01", "in the future"),
        ("soon", "2027-06-01", "from"),
        ("2027-03-01", "\x1b[31m", "to"),
        ("2027-03-01T10:00", "2027-03-01T20:00", "no schedule of daily ticks"),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(first, end, said):
    with pytest.raises(ScheduleError, match=said):
        planned(first=first, end=end)


def test_a_range_with_too_many_ticks_is_refused():
    with pytest.raises(ScheduleError, match="more than 10000"):
        planned(first="2020-01-01", schedules=[stored(IntervalSchedule(timedelta(minutes=1)))])


def test_a_run_knows_its_tick_the_one_before_and_its_own_parameters():
    clock = replace(MORNING, parameters={"day": "{tick:%Y-%m-%d}", "since": "{previous_tick:%d %H:%M}"})
    plan = planned(schedules=[stored(clock)], first="2027-03-28", end="2027-03-30")
    made = [plan.run_of(one, 5.0, {"n": 2}) for one in plan.to_run]
    assert [json.loads(one.created.parameters) for one in made] == [
        {"n": 2, "day": "2027-03-28", "since": "27 09:00"},
        {"n": 2, "day": "2027-03-29", "since": "28 09:00"},
    ]
    assert {(one.queued.origin, one.queued.backfill, one.queued.version) for one in made} == {("backfill", plan.id, 3)}
    assert made[0].queued.tick == plan.to_run[0].at.timestamp()


@pytest.mark.parametrize(
    ("again", "to_run"),
    [(Again.NONE, [29]), (Again.FAILED, [27, 28, 29]), (Again.ALL, [26, 27, 28, 29])],
)
def test_a_second_go_runs_what_is_not_there_and_what_failed_when_asked(again, to_run):
    first = planned().to_run
    kinds = [COMPLETED, FAILED, CRASHED]
    existing = [run_of(one.at, kind) for one, kind in zip(first, kinds, strict=False)]
    plan = planned(*existing, again=again)
    assert days(plan.to_run) == to_run
    assert days(plan.failed) == ([27, 28] if again is Again.NONE else [])
    assert days(plan.completed) == ([] if again is Again.ALL else [26])


@pytest.mark.parametrize("again", list(Again))
@pytest.mark.parametrize(("kind", "done"), [(SCHEDULED, False), (RUNNING, False), (PAUSED, False), (FAILED, False)])
def test_a_tick_whose_run_goes_on_is_never_run_twice(kind, done, again):
    at = planned().to_run[0].at
    plan = planned(run_of(at, kind, done=done), again=again)
    assert days(plan.unfinished) == [26]
    assert 26 not in days(plan.to_run)


def test_the_newest_run_of_a_tick_counts():
    at = planned().to_run[0].at
    assert days(planned(run_of(at, FAILED), run_of(at, COMPLETED), again=Again.FAILED).completed) == [26]


@pytest.mark.parametrize("schedule_id", [None, "gone", "s1"])
def test_a_run_of_a_schedule_that_is_gone_stands_for_the_tick_too(schedule_id):
    at = planned().to_run[0].at
    assert days(planned(run_of(at, COMPLETED, schedule_id)).completed) == [26]


def test_equal_instants_of_two_schedules_count_once_unless_their_parameters_differ():
    same, other = stored(MORNING, "s2"), stored(replace(MORNING, parameters={"day": "x"}), "s3")
    assert days(planned(schedules=[stored(MORNING), same], end="2027-03-27").to_run) == [26]
    before = run_of(planned().to_run[0].at, COMPLETED, "s2")
    assert days(planned(before, schedules=[stored(MORNING), same], end="2027-03-27").completed) == [26]
    plan = planned(schedules=[stored(MORNING), other], end="2027-03-27")
    assert [(one.at.day, one.schedule_ids) for one in plan.to_run] == [(26, ("s1",)), (26, ("s3",))]


@pytest.mark.parametrize(
    ("kind", "done", "over"),
    [
        (COMPLETED, False, True),
        (FAILED, False, False),
        (FAILED, True, True),
        (RUNNING, False, False),
        (SCHEDULED, False, False),
        (PAUSED, False, True),
    ],
)
def test_a_failed_run_is_over_when_no_further_attempt_will_come(kind, done, over):
    assert is_over(run_of(NOW, kind, done=done)) is over
