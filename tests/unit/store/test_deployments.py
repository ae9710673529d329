"""Deployments in the store: versions by content, schedules that go on where they stand, pauses and deletions."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.errors import DeploymentNotFound, NeedsStoreFile, ScheduleNotFound, StoreUnavailable
from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.schedules import CronSchedule, IntervalSchedule, to_json
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_deployments, open_reader
from jupyter_flows.store.connection import connect
from jupyter_flows.store.deployments import Applied, Deployments

HOUR = 3600.0
NOON = 1_577_880_000.0  # 2020-01-01 12:00 UTC
HOURLY = to_json(CronSchedule("0 * * * *"))
DAILY = to_json(CronSchedule("0 9 * * *"))
MINUTELY = to_json(IntervalSchedule(timedelta(minutes=1)))


class Shelf:
    """A store of deployments, and short words for what the tests do with it."""

    def __init__(self, folder: Path) -> None:
        self.settings = load_settings({"JUPYTER_DATA_DIR": str(folder), "JUPYTER_FLOWS_BUSY_SECONDS": "0.2"})
        self.deployments = open_deployments(self.settings)
        self.ids = itertools.count(1)

    def apply(self, name: str = "daily", *, digest: str = "a", at: float = NOON, **given: Any) -> Applied:
        schedules = given.pop("schedules", {"hourly": HOURLY})
        made = tuple(
            one if isinstance(one, ScheduleDefinition) else ScheduleDefinition(key, one)
            for key, one in schedules.items()
        )
        definition = DeploymentDefinition(name, "f", "flow", "m@/m.py", "/", schedules=made, **given)
        return self.deployments.apply(
            definition, digest=digest, environment={"python": "3"}, at=at, new_id=lambda: f"id{next(self.ids)}"
        )

    def plan(self, name: str) -> dict[str, tuple[float, float | None]]:
        """Each schedule's planned_at and next_at, in hours after noon."""
        found = self.deployments.schedules(self.deployments.get(name).id)
        hours = {one.definition.name: (_hours(one.planned_at) or 0.0, _hours(one.next_at)) for one in found}
        return dict(sorted(hours.items()))

    def raw(self) -> sqlite3.Connection:
        path = self.settings.database_path
        assert path is not None
        return connect(path)

    def run(self, run_id: str, deployment: Deployment, *, owner: str | None = None, done_at: float | None = None):
        """Put a run of a deployment into the store, waiting unless it has an owner."""
        kind, name = ("running", "Running") if owner else ("scheduled", "Scheduled")
        raw = self.raw()
        raw.execute(
            "INSERT INTO flow_runs (id, name, flow, kind, serial, version, parameters, tags, parent_number, state_kind,"
            " state_name, state_at, state_version, attempts, created_at, owner_host) "
            "VALUES (?, ?, 'f', 'flow', 1, '', '{}', '[]', 0, ?, ?, 1.0, 1, 0, 1.0, ?)",
            (run_id, run_id, kind, name, owner),
        )
        raw.execute(
            "INSERT INTO deployment_runs (run_id, deployment_id, version, origin, due_at, priority, done_at) "
            "VALUES (?, ?, ?, 'manual', 1.0, 0, ?)",
            (run_id, deployment.id, deployment.version, done_at),
        )
        raw.close()


def _hours(at: float | None) -> float | None:
    return None if at is None else (at - NOON) / HOUR


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.deployments.close()


def test_what_is_applied_is_read_back_as_it_was(shelf: Shelf):
    paused = ScheduleDefinition("late", DAILY, "all", "skip", paused=True)
    applied = shelf.apply(
        schedules={"hourly": HOURLY, "late": paused}, parameters={"day": "{tick:%F}", "n": [1, None]}, tags=("a", "b")
    )
    assert (applied.created, applied.changed, applied.deployment.version) == (True, True, 1)
    assert shelf.deployments.get("daily") == applied.deployment == shelf.deployments.get(applied.deployment.id)
    assert shelf.deployments.all() == [applied.deployment]
    assert {one.definition for one in shelf.deployments.schedules()} == set(applied.deployment.definition.schedules)


def test_an_unchanged_deployment_changes_nothing(shelf: Shelf):
    first = shelf.apply()
    again = shelf.apply(at=NOON + HOUR)
    assert again == Applied(first.deployment, created=False, changed=False)
    assert len(shelf.deployments.versions(first.deployment.id)) == 1
    assert shelf.plan("daily") == {"hourly": (0.0, 1.0)}


def test_a_changed_one_is_the_next_version_and_the_old_ones_stay_readable(shelf: Shelf):
    first = shelf.apply(parameters={"n": 1}).deployment
    second = shelf.apply(digest="b", parameters={"n": 2}, at=NOON + 1).deployment
    assert (second.id, second.version, second.created_at) == (first.id, 2, first.created_at)
    assert shelf.deployments.versions(first.id) == [second, first]
    assert shelf.deployments.version(first.id, 1) == first
    shelf.apply(parameters={"n": 1}, at=NOON + 2)
    assert shelf.deployments.get("daily").version == 3


def test_schedules_are_matched_by_name(shelf: Shelf):
    shelf.apply(schedules={"kept": HOURLY, "policies": HOURLY, "ticks": HOURLY, "gone": HOURLY})
    shelf.apply(
        digest="b",
        at=NOON + 2.5 * HOUR,
        schedules={
            "kept": HOURLY,
            "policies": ScheduleDefinition("policies", HOURLY, "all"),
            "ticks": MINUTELY,
            "new": HOURLY,
        },
    )
    assert shelf.plan("daily") == {
        "kept": (0.0, 1.0),
        "new": (2.5, 3.0),
        "policies": (0.0, 1.0),
        "ticks": (2.5, 2.5 + 1 / 60),
    }


def test_ticks_of_a_schedule_that_is_gone_go_with_it(shelf: Shelf):
    shelf.apply()
    raw = shelf.raw()
    (schedule,) = shelf.deployments.schedules()
    raw.execute("INSERT INTO ticks VALUES (?, 1.0, NULL, 'missed', NULL, 1.0)", (schedule.id,))
    shelf.apply(digest="b", schedules={})
    assert raw.execute("SELECT count(*) FROM ticks").fetchone() == (0,)
    raw.close()


def test_a_schedule_that_never_ticks_again_has_no_next_one(shelf: Shelf):
    shelf.apply(schedules={"over": to_json(CronSchedule("0 * * * *", end="2019-01-01"))})  # pyright: ignore[reportArgumentType]
    assert shelf.plan("daily") == {"over": (0.0, None)}


def test_a_pause_leaves_no_ticks_to_be_caught_up(shelf: Shelf):
    shelf.apply()
    shelf.deployments.set_paused("daily", paused=True, at=NOON)
    assert shelf.plan("daily")["hourly"][1] is None
    deployment, schedules = shelf.deployments.set_paused("daily", paused=False, at=NOON + 30.5 * HOUR)
    assert not deployment.paused
    assert [one.definition.paused for one in schedules] == [False]
    assert shelf.plan("daily") == {"hourly": (30.5, 31.0)}


def test_resuming_what_is_not_paused_forgets_no_tick(shelf: Shelf):
    shelf.apply()
    shelf.deployments.set_paused("daily", paused=False, at=NOON + 5 * HOUR)
    shelf.deployments.set_paused("daily", "hourly", paused=False, at=NOON + 5 * HOUR)
    assert shelf.plan("daily") == {"hourly": (0.0, 1.0)}


def test_a_schedule_paused_by_itself_stays_so_when_its_deployment_is_resumed(shelf: Shelf):
    shelf.apply(schedules={"a": HOURLY, "b": HOURLY})
    shelf.deployments.set_paused("daily", "a", paused=True, at=NOON)
    shelf.deployments.set_paused("daily", paused=True, at=NOON)
    shelf.deployments.set_paused("daily", paused=False, at=NOON + HOUR)
    assert [plan[1] for plan in shelf.plan("daily").values()] == [None, 2.0]
    shelf.deployments.set_paused("daily", paused=True, at=NOON + HOUR)
    shelf.deployments.set_paused("daily", "a", paused=False, at=NOON + HOUR)
    assert [plan[1] for plan in shelf.plan("daily").values()] == [None, None]


def test_applying_again_does_not_wake_what_was_paused(shelf: Shelf):
    shelf.apply(schedules={"a": HOURLY, "b": HOURLY})
    shelf.deployments.set_paused("daily", "a", paused=True, at=NOON)
    shelf.apply(digest="b", schedules={"a": MINUTELY, "b": HOURLY})
    assert [plan[1] for plan in shelf.plan("daily").values()] == [None, 1.0]
    shelf.deployments.set_paused("daily", paused=True, at=NOON)
    assert shelf.apply(digest="c", schedules={"a": HOURLY, "b": MINUTELY, "c": HOURLY}).deployment.paused
    assert [plan[1] for plan in shelf.plan("daily").values()] == [None, None, None]


def test_a_definition_that_says_otherwise_wakes_and_pauses(shelf: Shelf):
    shelf.apply(schedules={"a": ScheduleDefinition("a", HOURLY, paused=True), "b": HOURLY})
    shelf.apply(digest="b", at=NOON + HOUR, schedules={"a": HOURLY, "b": ScheduleDefinition("b", HOURLY, paused=True)})
    assert shelf.plan("daily") == {"a": (1.0, 2.0), "b": (1.0, None)}


def test_deleting_cancels_what_waits_and_leaves_what_runs(shelf: Shelf):
    deployment = shelf.apply().deployment
    shelf.run("waits", deployment)
    shelf.run("runs", deployment, owner="here")
    shelf.run("ended", deployment, done_at=1.0)
    assert shelf.deployments.delete("daily", at=NOON) == ["waits"]
    raw = shelf.raw()
    row = raw.execute("SELECT state_kind, state_message, state_version, ended_at FROM flow_runs WHERE id = 'waits'")
    assert row.fetchone() == ("cancelled", "deployment daily was deleted before it began", 2, NOON)
    assert raw.execute("SELECT name FROM states WHERE flow_run_id = 'waits'").fetchall() == [("Cancelled",)]
    assert raw.execute("SELECT state_kind FROM flow_runs WHERE id = 'runs'").fetchone() == ("running",)
    raw.close()
    assert shelf.deployments.all() == shelf.deployments.schedules() == []


def test_a_deleted_version_stays_while_a_run_made_from_it_goes_on(shelf: Shelf):
    first = shelf.apply().deployment
    second = shelf.apply(digest="b").deployment
    shelf.run("runs", first, owner="here")
    shelf.deployments.delete("daily", at=NOON)
    assert shelf.deployments.version(first.id, 1).definition == first.definition
    with pytest.raises(DeploymentNotFound):
        shelf.deployments.version(second.id, 2)
    shelf.apply("other")
    raw = shelf.raw()
    raw.execute("UPDATE deployment_runs SET done_at = 2.0")
    raw.close()
    shelf.deployments.delete("other", at=NOON)
    with pytest.raises(DeploymentNotFound):
        shelf.deployments.version(first.id, 1)


def test_what_is_known_of_a_forgotten_run_goes_with_it_unless_a_backfill_needs_it(shelf: Shelf):
    deployment = shelf.apply().deployment
    for name in ("plain", "of-backfill", "open"):
        shelf.run(name, deployment, done_at=None if name == "open" else 1.0)
    raw = shelf.raw()
    raw.execute("UPDATE deployment_runs SET backfill = 'b' WHERE run_id = 'of-backfill'")
    raw.execute("UPDATE flow_runs SET ended_at = 2.0")
    reader = open_reader(shelf.settings)
    reader.delete(["plain", "of-backfill", "open"])
    reader.close()
    left = raw.execute("SELECT run_id FROM deployment_runs ORDER BY run_id").fetchall()
    raw.close()
    assert left == [("of-backfill",), ("open",)]


def test_unknown_names_are_told_with_the_nearest(shelf: Shelf):
    shelf.apply()
    for ask in (
        lambda: shelf.deployments.get("dayly"),
        lambda: shelf.deployments.delete("dayly", at=NOON),
        lambda: shelf.deployments.set_paused("dayly", paused=True, at=NOON),
    ):
        with pytest.raises(DeploymentNotFound, match=r"no deployment 'dayly'; did you mean 'daily'\?"):
            ask()
    with pytest.raises(ScheduleNotFound, match=r"deployment daily has no schedule 'hurly'; did you mean 'hourly'\?"):
        shelf.deployments.set_paused("daily", "hurly", paused=True, at=NOON)
    with pytest.raises(DeploymentNotFound, match=r"'\\ud800' *; `jupyter flows deployments ls` lists them"):
        shelf.deployments.get("\ud800")


def test_hostile_names_are_stored_as_text(shelf: Shelf):
    name = "'; DROP TABLE deployments; --\n\ud800"
    shelf.apply(name, schedules={name: HOURLY}, parameters={"p": "\x00\u2028"})
    found = shelf.deployments.get(name)
    assert found.definition.parameters == {"p": "\x00\u2028"}
    shelf.deployments.delete(name, at=NOON)
    assert shelf.deployments.all() == []


def test_snapshots_are_named_while_a_version_has_them(shelf: Shelf):
    definition = DeploymentDefinition("daily", "f", "flow", "m@/m.py", "/")
    for folder in ("x", "y"):
        shelf.deployments.apply(definition, digest=folder, snapshot=folder, at=NOON, new_id=lambda: "one")
    assert shelf.deployments.snapshots() == {"x", "y"}
    shelf.deployments.delete("daily", at=NOON)
    assert shelf.deployments.snapshots() == set()


def test_what_cannot_be_written_leaves_the_old_version(shelf: Shelf):
    first = shelf.apply().deployment
    bad = replace(first.definition, schedules=(ScheduleDefinition("bad", "{}"),))
    with pytest.raises(ValueError, match="kind"):
        shelf.deployments.apply(bad, digest="b", at=NOON, new_id=lambda: "other")
    assert shelf.deployments.get("daily") == first
    assert list(shelf.plan("daily")) == ["hourly"]


def test_a_locked_store_is_said(shelf: Shelf):
    raw = shelf.raw()
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another process has it locked"):
        shelf.apply()
    raw.execute("ROLLBACK")
    raw.close()
    assert shelf.apply().created


def test_two_processes_see_one_another(shelf: Shelf):
    shelf.apply()
    with open_deployments(shelf.settings) as other:
        assert other.get("daily").version == 1
        shelf.apply(digest="b")
        assert other.get("daily").version == 2


@pytest.mark.parametrize("digests", ["aaaaaa", "abcdef"])
def test_of_many_who_apply_at_once_each_finds_what_the_one_before_it_wrote(tmp_path: Path, digests: str):
    shelf = Shelf(tmp_path)
    shelf.deployments.close()
    settings = replace(shelf.settings, busy_seconds=30.0)
    definition = DeploymentDefinition(
        "daily", "f", "flow", "m@/m.py", "/", schedules=(ScheduleDefinition("s", HOURLY),)
    )
    barrier = threading.Barrier(len(digests), timeout=60)

    def apply(digest: str) -> Applied:
        with open_deployments(settings) as deployments:
            barrier.wait()
            return deployments.apply(definition, digest=digest, at=NOON, new_id=new_run_id)

    with ThreadPoolExecutor(len(digests)) as pool:
        applied = list(pool.map(apply, digests))
    kinds = len(set(digests))
    assert sorted(one.deployment.version for one in applied if one.changed) == list(range(1, kinds + 1))
    assert [one.created for one in applied].count(True) == 1
    assert len({one.deployment.id for one in applied}) == 1
    with open_deployments(settings) as deployments:
        assert len(deployments.schedules()) == 1


def test_without_a_file_there_are_no_deployments():
    settings = load_settings({"JUPYTER_FLOWS_DATABASE_URL": "memory:"})
    with pytest.raises(NeedsStoreFile, match=r"kept in the store's file.*JUPYTER_FLOWS_DATABASE_URL=sqlite:"):
        open_deployments(settings)


def test_a_store_that_cannot_be_opened_is_said(tmp_path: Path):
    with pytest.raises(StoreUnavailable):
        Deployments(tmp_path / "missing.db")
