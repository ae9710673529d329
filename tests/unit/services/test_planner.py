from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.model.events import ASKED_TO_CANCEL
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.model.ticks import MERGED, MISSED, OVERLAP, REFUSED, RUN
from jupyter_flows.schedules import CronSchedule, IntervalSchedule, to_json
from jupyter_flows.schedules.tick_source import TickSource
from jupyter_flows.services.planner import Planner
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_deployments, open_queue, open_reader, open_writer
from jupyter_flows.store.waiting_end import end_waiting

NOON = datetime(2027, 3, 29, 12, tzinfo=UTC).timestamp()
MINUTES = CronSchedule("* * * * *")


class Shop:
    """A store with deployments, and a planner whose clock is an argument."""

    def __init__(self, folder: Path) -> None:
        settings = self.settings = load_settings({"JUPYTER_DATA_DIR": str(folder)})
        self.deployments, self.queue = open_deployments(settings), open_queue(settings)
        self.reader = open_reader(settings)
        self.planner = Planner(self.queue, self.deployments)
        self._ids = count(1)

    def deploy(self, *schedules: ScheduleDefinition, at: float = NOON, **changes: Any) -> Deployment:
        definition = DeploymentDefinition("daily", "report", "notebook", "/w/report.ipynb", "/w", schedules=schedules)
        definition = DeploymentDefinition(
            **{**{name: getattr(definition, name) for name in definition.__slots__}, **changes}
        )
        new_id = lambda: f"id{next(self._ids)}"  # noqa: E731
        return self.deployments.apply(definition, digest=repr(definition), at=at, new_id=new_id).deployment

    def outcomes(self, place: int = 0) -> list[tuple[float, str]]:
        schedule = sorted(self.deployments.schedules(), key=lambda one: one.definition.name)[place]
        return [(tick.at - NOON, tick.outcome) for tick in reversed(self.queue.ticks(schedule.id, 1000))]

    def end(self, run_id: str | None, at: float) -> None:
        assert run_id
        self.reader.request_cancel(run_id, at)

    def close(self) -> None:
        for part in (self.deployments, self.queue, self.reader):
            part.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.close()


def schedule(source: TickSource, name: str = "main", **changes: Any) -> ScheduleDefinition:
    return ScheduleDefinition(name, to_json(source), **changes)


def test_a_tick_has_a_run_when_it_is_due_and_never_before(shop: Shop):
    shop.deploy(schedule(MINUTES))
    for early in (NOON, NOON + 59.9999, NOON + 59.9999997):
        assert shop.planner.plan(early) == ([], NOON + 60)
    (decided,), next_at = shop.planner.plan(NOON + 60)
    assert (decided.outcome, decided.at, next_at) == (RUN, NOON + 60, NOON + 120)
    assert decided.run_id
    run = shop.queue.run(decided.run_id)
    assert (run.origin, run.tick, run.due_at, run.schedule_id) == (
        "schedule",
        NOON + 60,
        NOON + 60,
        decided.schedule_id,
    )
    assert shop.planner.plan(NOON + 61).decided == []


def test_what_is_due_is_decided_once_whoever_plans(shop: Shop):
    shop.deploy(schedule(MINUTES))
    others = [Planner(shop.queue, shop.deployments) for _ in range(3)]
    read = shop.queue.due_schedules(NOON + 60, 10)
    assert sum(len(planner.plan(NOON + 60).decided) for planner in others) == 1
    late = shop.planner._due(*read[0], NOON + 60)  # it had read the schedule before the others moved it on
    assert late is not None
    assert shop.queue.decide([late], NOON + 60) == []
    assert shop.reader.counts()["flow_runs"] == 1


@pytest.mark.parametrize(("catchup", "runs", "missed"), [("latest", 1, 9), ("all", 10, 0), ("none", 0, 10)])
def test_ticks_that_nobody_was_there_for_follow_the_policy(shop: Shop, catchup: str, runs: int, missed: int):
    shop.deploy(schedule(IntervalSchedule(timedelta(minutes=10)), catchup=catchup))
    shop.planner.plan(NOON + 6000 + 90)
    told = [outcome for _, outcome in shop.outcomes()]
    assert (told.count(RUN), told.count(MISSED), len(told)) == (runs, missed, 10)
    assert shop.deployments.schedules()[0].next_at == NOON + 6600


def test_a_week_of_minutes_is_caught_up_with_by_one_run_and_bounded_words(shop: Shop):
    shop.deploy(schedule(MINUTES))
    shop.planner.plan(NOON + 7 * 86400 + 5)
    told = [outcome for _, outcome in shop.outcomes()]
    assert told.count(RUN) == 1
    assert len(told) <= 110


def test_a_clock_that_is_set_back_makes_no_tick_run_twice(shop: Shop):
    shop.deploy(schedule(MINUTES))
    for now in (NOON + 60, NOON + 120, NOON - 3480, NOON + 60, NOON + 119, NOON + 120, NOON + 180):
        shop.planner.plan(now)
    assert shop.outcomes() == [(60, RUN), (120, RUN), (180, RUN)]


def test_a_clock_that_is_set_forward_and_back_runs_what_was_skipped_by_the_policy_once(shop: Shop):
    shop.deploy(schedule(IntervalSchedule(timedelta(minutes=10))))
    for now in (NOON + 600, NOON + 4200 + 90, NOON + 690, NOON + 1200, NOON + 4800):
        shop.planner.plan(now)
    ran = [at for at, outcome in shop.outcomes() if outcome == RUN]
    assert ran == [600, 4200, 4800]
    assert len({at for at, _ in shop.outcomes()}) == len(shop.outcomes()) == 8


def test_equal_instants_with_equal_parameters_of_one_deployment_share_a_run(shop: Shop):
    other = CronSchedule("*/2 * * * *", parameters={"limit": 2})
    shop.deploy(schedule(MINUTES, "a"), schedule(CronSchedule("*/2 * * * *"), "b"), schedule(other, "c"))
    shop.planner.plan(NOON + 60)
    decided = shop.planner.plan(NOON + 120).decided
    assert shop.outcomes(0) == [(60, RUN), (120, RUN)]
    assert sorted(tick.outcome for tick in decided) == [MERGED, RUN, RUN]
    assert len({tick.run_id for tick in decided}) == 2


@pytest.mark.parametrize(
    ("overlap", "second", "first_ends"),
    [("queue", RUN, False), ("allow", RUN, False), ("skip", OVERLAP, False), ("cancel", RUN, True)],
)
def test_a_tick_while_the_earlier_run_goes_on_follows_the_policy(
    shop: Shop, overlap: str, second: str, first_ends: bool
):
    shop.deploy(schedule(MINUTES, overlap=overlap))
    (first,), _ = shop.planner.plan(NOON + 60)
    (then,), _ = shop.planner.plan(NOON + 120)
    assert then.outcome == second
    assert first.run_id
    state = shop.reader.flow_run(first.run_id).state
    assert state.is_final() is first_ends
    if first_ends:
        assert state.message.startswith("a newer tick took its place: ")
        assert state.message.endswith(f" 12:02:00 UTC, run {then.run_id}")
    if overlap == "skip":
        assert first.run_id in then.reason
        shop.end(first.run_id, NOON + 130)
        assert shop.planner.plan(NOON + 180).decided[0].outcome == RUN


def test_a_run_that_goes_on_is_asked_to_stop_by_the_next_tick(shop: Shop):
    shop.deploy(schedule(MINUTES, overlap="cancel"))
    (first,), _ = shop.planner.plan(NOON + 60)
    shop.queue.file._connection.execute("UPDATE flow_runs SET owner_host = 'elsewhere', lease_until = 9e9")
    shop.planner.plan(NOON + 120)
    assert first.run_id
    run = shop.reader.flow_run(first.run_id)
    assert (run.state.is_final(), run.cancel_requested_at) == (False, NOON + 120)
    (then,) = (one for one in shop.reader.flow_runs(RunFilter()) if one.id != run.id)
    with closing(open_writer(shop.settings)) as writer:
        why = f"a newer tick took its place: 2027-03-29 12:02:00 UTC, run {then.id}"
        assert writer.cancel_requests([run.id, then.id]) == {run.id: why}


def test_a_run_that_somebody_else_asked_to_stop_says_nothing_of_the_tick_that_follows(shop: Shop):
    shop.deploy(schedule(MINUTES, overlap="cancel"))
    (first,), _ = shop.planner.plan(NOON + 60)
    shop.queue.file._connection.execute("UPDATE flow_runs SET owner_host = 'elsewhere', lease_until = 9e9")
    assert first.run_id
    shop.reader.request_cancel(first.run_id, NOON + 90)
    shop.planner.plan(NOON + 120)
    with closing(open_writer(shop.settings)) as writer:
        assert writer.cancel_requests([first.run_id]) == {first.run_id: ASKED_TO_CANCEL}


def test_parameters_are_filled_with_the_tick_in_the_schedules_zone(shop: Shop):
    source = CronSchedule(
        "30 0 * * *", timezone="Asia/Tokyo", parameters={"day": "{tick:%F}", "before": "{previous_tick:%F}"}
    )
    shop.deploy(schedule(source), parameters={"hour": "{tick:%H}", "day": "never"})
    (tick,), _ = shop.planner.plan(NOON + 86400)
    assert tick.run_id
    run = shop.reader.flow_run(tick.run_id)
    assert json.loads(run.parameters) == {"hour": "00", "day": "2027-03-30", "before": "2027-03-29"}


def test_a_tick_whose_parameters_cannot_be_filled_is_refused_with_its_reason_and_the_next_ones_go_on(shop: Shop):
    first_only = CronSchedule(
        "* * * * *", start=datetime(2027, 3, 29, 12, 1, tzinfo=UTC), parameters={"since": "{previous_tick}"}
    )
    shop.deploy(schedule(first_only, "a"), schedule(MINUTES, "b"))
    shop.planner.plan(NOON + 60)
    shop.planner.plan(NOON + 120)
    assert shop.outcomes(0) == [(60, REFUSED), (120, RUN)]
    assert shop.outcomes(1) == [(60, RUN), (120, RUN)]
    refused = shop.queue.ticks(sorted(shop.deployments.schedules(), key=lambda one: one.definition.name)[0].id)[-1]
    assert "since" in refused.reason
    assert "no tick before" in refused.reason


@pytest.mark.parametrize(
    "damage",
    ["definition = 'no JSON'", 'definition = \'{"kind": "moon"}\'', "catchup = 'whatever'", "definition = '[]'"],
)
def test_a_schedule_that_cannot_be_read_stops_no_other(shop: Shop, damage: str):
    shop.deploy(schedule(MINUTES, "a"), schedule(MINUTES, "b"))
    shop.queue.file._connection.execute(f"UPDATE schedules SET {damage} WHERE name = 'a'")
    shop.planner.plan(NOON + 60)
    assert [outcome for _, outcome in shop.outcomes(0)] == [REFUSED]
    assert shop.planner.plan(NOON + 120).next_at == NOON + 180
    assert shop.outcomes(1) == [(60, RUN), (120, RUN)]


def test_what_is_paused_or_deleted_leaves_nothing_behind(shop: Shop):
    shop.deploy(schedule(MINUTES))
    shop.deployments.set_paused("daily", paused=True, at=NOON + 30)
    assert shop.planner.plan(NOON + 600) == ([], None)
    shop.deployments.set_paused("daily", paused=False, at=NOON + 630)
    assert [tick.at - NOON for tick in shop.planner.plan(NOON + 660).decided] == [660]
    shop.deployments.delete("daily", at=NOON + 661)
    assert shop.planner.plan(NOON + 900) == ([], None)


def test_jitter_moves_the_start_and_not_the_tick(shop: Shop):
    shop.deploy(schedule(CronSchedule("* * * * *", jitter=timedelta(seconds=40))))
    (tick,), _ = shop.planner.plan(NOON + 60)
    assert tick.run_id
    run = shop.queue.run(tick.run_id)
    assert run.tick == NOON + 60
    assert NOON + 60 < run.due_at < NOON + 100


def test_very_many_schedules_are_planned_in_several_transactions(shop: Shop):
    shop.deploy(*(schedule(MINUTES, f"s{number:03}", overlap="allow") for number in range(230)))
    decided, next_at = shop.planner.plan(NOON + 60)
    assert (len(decided), next_at) == (230, NOON + 120)
    assert [tick.outcome for tick in decided].count(RUN) == 1


def test_a_run_that_somebody_has_taken_up_is_not_ended_as_waiting(shop: Shop):
    from jupyter_flows.model.states import CANCELLED, State

    shop.deploy(schedule(MINUTES))
    (tick,), _ = shop.planner.plan(NOON + 60)
    assert tick.run_id
    end = State(CANCELLED, "Cancelled", "", NOON + 61)
    connection = shop.queue.file._connection
    assert end_waiting(connection, tick.run_id, end)
    assert not end_waiting(connection, tick.run_id, end)
