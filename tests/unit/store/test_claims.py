from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.model.deployments import BACKFILL, SCHEDULE, Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import FlowRunTakenUp, StateEntered
from jupyter_flows.model.states import COMPLETED, CRASHED, FAILED, PAUSED, RUNNING, StateKind, cancelled, crashed
from jupyter_flows.model.ticks import DueSchedule, DueTick
from jupyter_flows.schedules import CronSchedule, to_json
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_deployments, open_queue, open_reader, open_writer
from jupyter_flows.store.claiming import backfill_limit
from jupyter_flows.store.claims import Claims
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.settling import Settled
from jupyter_flows.store.waiting_end import end_waiting

NOW = 1_800_000_000.0
LEASE = 20.0
PLAIN = DeploymentDefinition("daily", "report", "notebook", "/w/report.ipynb", "/w")


class Place:
    """One store, with runners on it."""

    def __init__(self, folder: Path) -> None:
        self.settings = load_settings({"JUPYTER_DATA_DIR": str(folder)})
        self.deployments, self.queue = open_deployments(self.settings), open_queue(self.settings)
        self.reader, self.writer = open_reader(self.settings), open_writer(self.settings)
        self._ids = count(1)

    def deploy(self, **changes: Any) -> Deployment:
        definition = replace(PLAIN, **changes)
        new_id = lambda: f"id{next(self._ids)}"  # noqa: E731
        return self.deployments.apply(definition, digest=repr(definition), at=NOW, new_id=new_id).deployment

    def add(self, deployment: Deployment, at: float = NOW, **more: Any) -> str:
        run = new_run(deployment, at=at, **more)
        self.queue.add([run])
        return run.created.run_id

    def runner(self, name: str = "r1", at: float = NOW, **who: Any) -> Claims:
        owner = replace(this_owner(name), **who)
        claims = Claims(self.queue, self.deployments, owner, LEASE, self.settings.limits)
        claims.register(2, at)
        return claims

    def begin(self, run_id: str, owner: Owner, end: StateKind | None = None, name: str = "", attempt: int = 1) -> None:
        """Take a run up, and end it."""
        version = self.reader.flow_run(run_id).state_version
        records = [
            FlowRunTakenUp(run_id, version, owner, NOW),
            StateEntered(run_id, 0, version + 1, RUNNING, "Running", "", NOW, attempt),
        ]
        if end is not None:
            word = name or str(end).capitalize()
            records.append(StateEntered(run_id, 0, version + 2, end, word, "", NOW + 1, attempt))
        assert not self.writer.commit({run_id: records}, owner, NOW + 4e9, False)

    def limit(self, name: str, slots: int) -> None:
        with self.queue.file.writing() as connection:
            connection.execute("INSERT INTO limits VALUES (?, ?, ?)", (name, slots, NOW))

    def slots(self) -> list[tuple[Any, ...]]:
        return self.queue.file.read("SELECT limit_name, run_id FROM limit_slots ORDER BY limit_name, run_id")

    def close(self) -> None:
        for part in (self.deployments, self.queue, self.reader, self.writer):
            part.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    opened = Place(tmp_path)
    yield opened
    opened.close()


def taken(claims: Claims, at: float = NOW, most: int = 100) -> list[str]:
    found = claims.claim(at, most)
    assert found is not None
    return [claim.run.run_id for claim in found]


ME = this_owner("child")


def test_due_runs_are_claimed_by_priority_and_then_by_age_and_never_early(place: Place):
    deployment = place.deploy()
    late, urgent, old, first = (
        place.add(deployment, due_at=NOW + 5),
        place.add(deployment, priority=9),
        place.add(deployment, due_at=NOW - 5),
        place.add(deployment),
    )
    claims = place.runner()
    assert taken(claims, NOW, 2) == [urgent, old]
    assert taken(claims, NOW + 4.999) == [first]
    assert taken(claims, NOW + 5) == [late]
    assert taken(claims, NOW + 500) == []
    run = place.queue.run(urgent)
    assert (run.runner_id, run.claimed_at, run.done_at) == ("r1", NOW, None)


def test_a_claim_walks_along_the_index_of_what_is_due(place: Place):
    from jupyter_flows.store.claiming import _DUE

    plan = " ".join(row[-1] for row in place.queue.file.read(f"EXPLAIN QUERY PLAN {_DUE}", NOW))
    assert "ix_deployment_runs_due" in plan
    assert "TEMP B-TREE" not in plan


def test_each_run_is_claimed_by_one_runner(place: Place):
    deployment = place.deploy()
    runs = {place.add(deployment) for _ in range(50)}
    one, two = place.runner("r1"), place.runner("r2")
    shares = [taken(claims, NOW, 7) for _ in range(4) for claims in (one, two)]
    assert sorted(run for share in shares for run in share) == sorted(runs)


def test_no_more_runs_of_a_deployment_are_executed_than_it_allows(place: Place):
    bounded, free = place.deploy(max_active=2), place.deploy(name="other")
    waiting = [place.add(bounded) for _ in range(4)]
    other = place.add(free, due_at=NOW)
    claims = place.runner()
    assert taken(claims) == [*waiting[:2], other]
    assert taken(claims) == []
    place.begin(waiting[0], ME, COMPLETED)
    assert claims.settle(waiting[0], "r1", NOW) == Settled.DONE
    assert taken(claims) == [waiting[2]]


def ticking(place: Place, overlap: str = "queue") -> tuple[Deployment, str]:
    cron = ScheduleDefinition("main", to_json(CronSchedule("* * * * *")), overlap=overlap)
    deployment = place.deploy(schedules=(cron,))
    return deployment, place.deployments.schedules()[0].id


def tick_run(deployment: Deployment, schedule: str, at: float, origin: str = SCHEDULE) -> NewRun:
    made = new_run(deployment, at=at, origin=origin, schedule_id=schedule)
    return replace(made, queued=replace(made.queued, tick=at))


@pytest.mark.parametrize(("overlap", "at_once"), [("queue", 1), ("cancel", 1), ("allow", 3), ("skip", 3)])
def test_ticks_of_a_schedule_wait_for_one_another_where_they_queue(place: Place, overlap: str, at_once: int):
    deployment, schedule = ticking(place, overlap)
    runs = [tick_run(deployment, schedule, NOW + step) for step in (2, 0, 1)]
    place.queue.add(runs)
    manual = place.add(deployment, at=NOW + 3)
    claims = place.runner()
    claimed = taken(claims, NOW + 9)
    assert len(claimed) == at_once + 1
    assert claimed[0] == runs[1].created.run_id
    assert manual in claimed


def test_the_next_tick_goes_on_when_the_run_before_is_done(place: Place):
    deployment, schedule = ticking(place)
    first, second = (tick_run(deployment, schedule, NOW + step) for step in (0, 1))
    place.queue.add([first, second])
    claims = place.runner()
    (run_id,) = taken(claims, NOW + 9)
    place.begin(run_id, ME, FAILED)
    claims.settle(run_id, "r1", NOW)
    assert taken(claims, NOW + 9) == [second.created.run_id]


def test_runs_of_a_backfill_do_not_wait_for_earlier_ticks_but_for_slots_of_their_own(place: Place):
    deployment, schedule = ticking(place)
    runs = [tick_run(deployment, schedule, NOW - step, BACKFILL) for step in range(5)]
    runs = [replace(run, queued=replace(run.queued, backfill="b7")) for run in runs]
    place.queue.add(runs)
    place.limit(backfill_limit("b7"), 2)
    assert len(taken(place.runner(), NOW + 1)) == 2


def test_a_limit_bounds_all_runs_that_name_it_or_are_tagged_so(place: Place):
    place.limit("db", 2)
    named, tagged = place.deploy(limits=("db", "unknown")), place.deploy(name="b", tags=("db",))
    free = place.deploy(name="c")
    runs = [place.add(one) for one in (named, tagged, named, free)]
    one, two = place.runner("r1"), place.runner("r2")
    assert taken(one, NOW, 1) == runs[:1]
    assert taken(two) == [runs[1], runs[3]]
    assert place.slots() == sorted([("db", runs[0]), ("db", runs[1])])
    place.begin(runs[0], ME, COMPLETED)
    one.settle(runs[0], "r1", NOW)
    assert place.slots() == [("db", runs[1])]
    assert taken(two) == [runs[2]]


def test_a_runner_that_others_took_for_dead_claims_nothing(place: Place):
    deployment = place.deploy()
    place.add(deployment)
    frozen = place.runner("frozen", host="another-machine")
    other = place.runner("r2")
    assert other.stop_dead(NOW + LEASE - 1) == []
    assert other.stop_dead(NOW + LEASE + 1) == ["frozen"]
    assert frozen.claim(NOW + LEASE + 2, 5) is None
    assert not frozen.renew(NOW + LEASE + 2)
    assert len(taken(other, NOW + LEASE + 2)) == 1


def test_a_word_of_a_silent_runner_keeps_what_it_holds(place: Place):
    place.limit("db", 1)
    place.add(place.deploy(limits=("db",)))
    far = place.runner("far", host="another-machine")
    taken(far)
    assert far.renew(NOW + 15)
    assert place.runner("r2").stop_dead(NOW + LEASE + 10) == []
    ((until,),) = place.queue.file.read("SELECT lease_until FROM limit_slots")
    assert until == NOW + 15 + LEASE


def test_a_runner_of_this_machine_whose_process_is_gone_is_dead_at_once(place: Place):
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    place.runner("gone", pid=gone.pid)
    place.runner("before-a-reboot", boot_id="another")
    place.runner("recycled", pid=os.getpid(), process_started="1")
    assert sorted(place.runner("r2").stop_dead(NOW)) == ["before-a-reboot", "gone", "recycled"]
    assert place.runner("r3").stop_dead(NOW + 9e9) == []


def test_a_run_that_is_cancelled_after_it_was_claimed_holds_no_slot(place: Place):
    place.limit("db", 1)
    deployment = place.deploy(limits=("db",))
    first, second = place.add(deployment), place.add(deployment)
    mine = place.runner()
    assert taken(mine) == [first]
    with place.queue.file.writing() as connection:
        assert end_waiting(connection, first, cancelled(NOW))
    assert place.slots() == []
    assert taken(mine) == [second]
    assert mine.settle(first, "r1", NOW) == Settled.ELSEWHERE
    assert place.slots() == [("db", second)]


def test_claims_of_a_dead_runner_that_nobody_began_are_free_again(place: Place):
    place.limit("db", 1)
    run_id = place.add(place.deploy(limits=("db",)))
    assert taken(place.runner("gone", process_started="1")) == [run_id]
    mine = place.runner("r2")
    assert mine.open_claims() == []
    mine.stop_dead(NOW)
    assert mine.open_claims() == [(run_id, "gone")]
    assert mine.settle(run_id, "gone", NOW + 1) == Settled.RELEASED
    assert place.slots() == []
    assert taken(mine) == [run_id]
    assert mine.settle(run_id, "gone", NOW + 1) == Settled.ELSEWHERE


def test_a_claim_of_a_dead_runner_whose_run_goes_on_is_left_until_it_ends_or_adopted(place: Place):
    run_id = place.add(place.deploy())
    taken(place.runner("gone", process_started="1"))
    place.begin(run_id, ME)
    mine = place.runner("r2")
    mine.stop_dead(NOW)
    assert mine.settle(run_id, "gone", NOW) == Settled.RUNNING
    assert mine.adopt(run_id, "gone")
    assert not mine.adopt(run_id, "gone")
    standing = mine.standing(run_id)
    assert standing
    assert (standing.runner_id, standing.kind, standing.owner, standing.is_waiting) == ("r2", "running", ME, False)


@pytest.mark.parametrize(
    ("end", "name", "attempts", "hand_back", "settled"),
    [
        (COMPLETED, "", 1, False, Settled.DONE),
        (FAILED, "", 1, False, Settled.AGAIN),
        (FAILED, "TimedOut", 2, False, Settled.AGAIN),
        (FAILED, "", 3, False, Settled.DONE),
        (CRASHED, "Interrupted", 1, False, Settled.AGAIN),
        (CRASHED, "Interrupted", 3, False, Settled.DONE),
        (CRASHED, "Interrupted", 3, True, Settled.AGAIN),
        (FAILED, "", 3, True, Settled.DONE),
        (PAUSED, "Suspended", 1, False, Settled.DONE),
        (PAUSED, "Paused", 1, False, Settled.RUNNING),
        (RUNNING, "", 1, False, Settled.RUNNING),
    ],
)
def test_what_follows_the_end_of_an_attempt(
    place: Place, end: StateKind, name: str, attempts: int, hand_back: bool, settled: Settled
):
    run_id = place.add(place.deploy(retries=2, retry_delay_seconds=30.0))
    claims = place.runner()
    taken(claims)
    place.begin(run_id, ME, end, name, attempts)
    assert claims.settle(run_id, "r1", NOW + 2, hand_back=hand_back) == settled
    run = place.queue.run(run_id)
    if settled == Settled.AGAIN:
        assert (run.runner_id, run.done_at, run.due_at) == (None, None, NOW + 2 if hand_back else NOW + 32)
    else:
        assert run.done_at == (NOW + 2 if settled == Settled.DONE else None)


def test_a_run_that_cannot_be_begun_is_given_up_unless_somebody_began_it(place: Place):
    deployment = place.deploy()
    one, two = place.add(deployment), place.add(deployment)
    claims = place.runner()
    taken(claims)
    place.begin(two, ME)
    assert claims.give_up(one, crashed(NOW + 1, "its process ended before it began"))
    assert not claims.give_up(two, crashed(NOW + 1, "late"))
    assert place.reader.flow_run(one).state.message == "its process ended before it began"
    assert place.queue.run(one).done_at == NOW + 1
    assert place.reader.flow_run(two).state.kind is RUNNING


def test_an_ended_run_waits_again_when_it_is_put_back(place: Place):
    run_id = place.add(place.deploy())
    claims = place.runner()
    taken(claims)
    assert not place.queue.requeue(run_id, NOW)
    place.begin(run_id, ME, FAILED)
    claims.settle(run_id, "r1", NOW)
    assert place.queue.requeue(run_id, NOW + 7)
    assert taken(claims, NOW + 6) == []
    assert taken(claims, NOW + 7) == [run_id]


def test_a_next_attempt_can_be_withdrawn_while_nobody_has_claimed_it(place: Place):
    run_id = place.add(place.deploy(retries=5))
    claims = place.runner()
    assert not place.queue.withdraw(run_id, NOW)
    taken(claims)
    place.begin(run_id, ME, FAILED)
    assert not place.queue.withdraw(run_id, NOW)
    assert claims.settle(run_id, "r1", NOW) == Settled.AGAIN
    assert place.queue.withdraw(run_id, NOW + 1)
    assert not place.queue.withdraw(run_id, NOW + 2)
    assert taken(claims, NOW + 9) == []
    assert place.queue.run(run_id).done_at == NOW + 1


def test_the_next_tick_withdraws_what_waits_for_another_attempt_where_it_cancels(place: Place):
    deployment, schedule = ticking(place, "cancel")
    first = tick_run(deployment, schedule, NOW)
    place.queue.add([first])
    with place.queue.file.writing() as connection:
        connection.execute("UPDATE flow_runs SET state_kind = 'failed', ended_at = 1.0, owner_host = 'here'")
    ((planned,),) = place.queue.file.read("SELECT planned_at FROM schedules")
    second = DueTick(NOW + 1, tick_run(deployment, schedule, NOW + 1))
    due = DueSchedule(schedule, deployment.id, "cancel", planned, NOW + 1, NOW + 2, (second,))
    assert [tick.outcome for tick in place.queue.decide([due], NOW + 1)] == ["run"]
    assert place.queue.run(first.created.run_id).done_at == NOW + 1


def test_a_run_whose_deployment_was_deleted_is_executed_as_it_was_made(place: Place):
    deployment = place.deploy()
    run_id = place.add(deployment)
    claims = place.runner()
    (claim,) = claims.claim(NOW, 1) or []
    assert claim.definition == deployment.definition
    place.deployments.delete("daily", at=NOW)
    assert place.reader.flow_run(run_id).state.name == "Cancelled"
    assert claims.settle(run_id, "r1", NOW) == Settled.ELSEWHERE


def test_a_deleted_file_is_noticed(place: Place):
    place.queue.file.check()
    Path(place.queue.location).unlink()
    with pytest.raises(Exception, match="deleted or replaced"):
        place.queue.file.check()


def test_a_runner_that_is_there_for_certain_runs_claims_no_other(place: Place):
    deployment = place.deploy()
    ids = [place.add(deployment) for _ in range(4)]
    found = place.runner().claim(NOW, 10, lambda run: run.run_id in ids[1:3])
    assert found is not None
    assert {one.run.run_id for one in found} == set(ids[1:3])
