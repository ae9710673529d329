"""Automations at work on a store of their own: events, files, deadlines, storms, cycles, and several runners."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.automations import (
    CancelRun,
    Notify,
    PauseSchedule,
    ResumeSchedule,
    RunDeployment,
    on_absence,
    on_event,
    on_failure,
    on_file,
    on_late,
    on_run_end,
)
from jupyter_flows.automations.definition import AutomationDefinition, usual_most
from jupyter_flows.model.deployments import EVENT, Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.model.states import CANCELLED, FAILED, State
from jupyter_flows.schedules import CronSchedule, to_json
from jupyter_flows.services.acting import MOST_DEPTH, STOPPED
from jupyter_flows.services.automating import Automating
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.settings import load_settings
from jupyter_flows.store import (
    open_automations,
    open_deployments,
    open_events,
    open_firings,
    open_queue,
    open_reader,
)
from jupyter_flows.store.firings import OpenFiring
from jupyter_flows.store.waiting_end import end_waiting


class House:
    """A store, and what works on it."""

    def __init__(self, folder: Path) -> None:
        environ = {"JUPYTER_DATA_DIR": str(folder), "JUPYTER_FLOWS_POLL_SECONDS": "0.02"}
        self.settings = load_settings(environ)
        self.queue, self.deployments = open_queue(self.settings), open_deployments(self.settings)
        self.events, self.automations = open_events(self.settings), open_automations(self.settings)
        self.firings, self.reader = open_firings(self.settings), open_reader(self.settings)
        self.now = Automating(self.settings)
        self._ids = count(1)

    def close(self) -> None:
        self.now.stop()
        for part in (self.queue, self.deployments, self.events, self.automations, self.firings, self.reader):
            part.close()

    def deploy(self, name: str = "load", **facts: Any) -> Deployment:
        definition = DeploymentDefinition(name, name, "flow", "m@f", "/", **facts)
        new_id = lambda: f"id{next(self._ids)}"  # noqa: E731
        return self.deployments.apply(definition, digest=name, at=time.time(), new_id=new_id).deployment

    def apply(self, name: str, trigger: Any, *actions: Any, most: int = 0, window: float = 60.0, **more: Any) -> str:
        definition = AutomationDefinition(name, trigger, actions, most or usual_most(actions), window)
        new_id = lambda: f"id{next(self._ids)}"  # noqa: E731
        return self.automations.apply(definition, at=time.time(), new_id=new_id, **more).automation.id

    def fired(self, name: str) -> Sequence[OpenFiring]:
        return self.firings.of(self.automations.get(name).id)[::-1]

    def runs(self, name: str) -> list[str]:
        return [run for firing in self.fired(name) for run in self.firings.made_by(firing.id)]

    def add(self, deployment: Deployment, **facts: Any) -> str:
        return create_run(self.queue, deployment, at=time.time(), **facts).run_id

    def end(self, run_id: str, kind: Any = FAILED, name: str = "Failed") -> None:
        with self.queue.file.writing() as connection:
            assert end_waiting(connection, run_id, State(kind, name, "no rows", time.time()))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def test_states_of_runs_are_events_and_the_run_is_over_once(house: House):
    run_id = house.add(house.deploy(tags=("etl",)))
    house.end(run_id)
    found = house.events.after(0, 10)
    assert [(one.name, one.state, one.is_end) for one in found] == [
        ("run.scheduled", "Scheduled", False),
        ("run.failed", "Failed", False),
        ("run.done", "Failed", True),
    ]
    assert {(one.run_id, one.resource, one.flow, one.deployment, one.tags) for one in found} == {
        (run_id, "flow:load", "load", "load", ("etl",))
    }
    assert found[-1].message == "no rows"


def test_a_run_that_ends_starts_another_deployment_with_what_the_event_says(house: House):
    house.deploy("after")
    parameters = {"of": "{event.run_id}", "why": "{event.state}: {event.message}", "day": "{today:%Y}"}
    house.apply("chain", on_run_end(deployment="load"), RunDeployment("after", parameters))
    first, other = house.add(house.deploy()), house.add(house.deploy("other"))
    house.end(first)
    house.end(other)
    house.now.look()
    house.now.look()
    (made,) = house.runs("chain")
    run = house.reader.flow_run(made)
    given = json.loads(run.parameters)
    assert (given["of"], given["why"], len(given["day"])) == (first, "Failed: no rows", 4)
    assert (house.queue.run(made).origin, run.state.name) == (EVENT, "Scheduled")
    assert [event.text for event in house.now.told()] == [f"chain: run {made} of after"]


def test_what_an_event_says_is_no_template_and_no_secret(house: House):
    house.deploy("after")
    house.apply("file", on_event("dropped"), RunDeployment("after", {"path": "{event.payload[path]}"}))
    house.events.add(time.time(), "dropped", payload='{"path": "/in/{yesterday}{.csv"}')
    house.now.look()
    (made,) = house.runs("file")
    assert '"/in/{yesterday}{.csv"' in house.reader.flow_run(made).parameters


def test_events_from_before_the_automation_and_from_its_pause_do_not_count(house: House):
    house.deploy("after")
    house.events.add(1.0, "dropped")
    house.apply("file", on_event("dropped"), RunDeployment("after"))
    house.now.look()
    house.automations.set_paused("file", paused=True, at=time.time())
    house.events.add(2.0, "dropped")
    house.now.look()
    house.automations.set_paused("file", paused=False, at=time.time())
    house.now.look()
    assert not house.fired("file")
    house.events.add(3.0, "dropped")
    house.now.look()
    assert len(house.runs("file")) == 1


def test_a_storm_of_ten_thousand_events_is_one_alert(house: House, monkeypatch: pytest.MonkeyPatch):
    house.apply("alert", on_event("storm"), Notify(secret="NOBODY"))
    with house.events.file.writing() as connection:
        rows = ((1.0, "storm", "", 0) for _ in range(10_000))
        connection.executemany("INSERT INTO events (at, name, resource, is_end) VALUES (?, ?, ?, ?)", rows)
    largest = 0
    read = house.now._events.after

    def after(seen: int, limit: int) -> Any:
        nonlocal largest
        found = read(seen, limit)
        largest = max(largest, len(found))
        return found

    monkeypatch.setattr(house.now._events, "after", after)
    house.now.look()
    assert [one.count for one in house.fired("alert")] == [1]
    assert largest == 500
    assert house.automations.get("alert").standing.held == 9_999


def test_many_runners_fire_once_for_each_event(house: House):
    house.deploy("after")
    house.apply("file", on_event("dropped"), RunDeployment("after", {"n": "{event.payload}"}), most=1_000)
    several = [Automating(house.settings) for _ in range(4)]
    for one in several:
        one.start()
    for number in range(60):
        house.events.add(time.time(), "dropped", payload=str(number))
    until = time.monotonic() + 60
    while len(house.firings.of(house.automations.get("file").id, 100)) < 60 and time.monotonic() < until:
        time.sleep(0.02)
    for one in several:
        one.stop()
    firings = house.firings.of(house.automations.get("file").id, 1_000)
    made = [house.firings.made_by(one.id) for one in firings]
    assert sorted(one.event.payload for one in firings) == list(range(60))
    assert [len(runs) for runs in made] == [1] * 60


def test_a_firing_whose_runner_died_is_carried_out_by_another(house: House):
    house.deploy("after")
    house.apply("file", on_event("dropped"), RunDeployment("after"), Notify(secret="NOBODY"))
    house.events.add(time.time(), "dropped")
    firing_store, died = house.now._firings, time.time() - 500
    assert not house.now._decide({}, time.time())
    (firing,) = firing_store.open(time.time())
    assert firing_store.claim(firing.id, "dead", died, died + 120)
    assert firing_store.tell(firing.id, "dead", 0, "done", most=2, at=died)
    house.now.look()
    house.now._actor.close()
    (after,) = house.fired("file")
    assert after.outcome[0] == "done"
    assert "not told secret NOBODY" in after.outcome[1]
    assert after.done_at is not None


def test_what_a_dead_runner_has_left_of_a_firing_is_done_once_and_nothing_of_it_twice(house: House):
    house.deploy("after")
    house.apply("file", on_event("dropped"), Notify(secret="NOBODY"), RunDeployment("after"), RunDeployment("after"))
    house.events.add(time.time(), "dropped")
    store, died = house.now._firings, time.time() - 500
    assert not house.now._decide({}, time.time())
    (firing,) = store.open(time.time())
    assert store.claim(firing.id, "dead", died, died + 120)
    assert store.tell(firing.id, "dead", 2, "the last is done", most=3, at=died)
    assert not store.tell(firing.id, "dead", 2, "again", most=3, at=died)
    house.now.look()
    house.now._actor.close()
    assert not store.tell(firing.id, "dead", 0, "too late", most=3, at=died)
    (after,) = house.fired("file")
    assert [text[:8] for text in after.outcome] == ["not told", f"run {house.runs('file')[0]}"[:8], "the last"]
    assert len(house.runs("file")) == 1
    assert after.done_at is not None


def test_a_file_starts_a_run_once_it_is_complete_and_again_when_it_changed(house: House, tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    house.deploy("load")
    pattern = f"{folder}/*.csv"
    house.apply("files", on_file(pattern, settle=0), RunDeployment("load", {"path": "{event.payload[path]}"}))
    dropped = folder / "a {today}.csv"
    dropped.write_text("1")
    (folder / "b.txt").write_text("1")
    house.now.look()
    assert not house.fired("files")  # seen once: it may still grow
    house.now.look()
    house.now.look()
    (made,) = house.runs("files")
    assert '/in/a {today}.csv"' in house.reader.flow_run(made).parameters
    dropped.write_text("22")
    house.now.look()
    house.now.look()
    assert [one.event.payload["is_new"] for one in house.fired("files")] == [True, False]


def test_a_file_that_goes_on_growing_is_left_alone(house: House, tmp_path: Path):
    house.deploy("load")
    house.apply("files", on_file(f"{tmp_path}/*.csv", settle=0), RunDeployment("load"))
    growing = tmp_path / "a.csv"
    for size in range(4):
        growing.write_text("x" * (size + 1))
        house.now.look()
    assert not house.fired("files")
    house.now.look()
    assert len(house.fired("files")) == 1


def test_files_are_known_again_after_a_restart_and_after_their_folder_was_gone(house: House, tmp_path: Path):
    folder, away = tmp_path / "in", tmp_path / "away"
    folder.mkdir()
    house.deploy("load")
    house.apply("files", on_file(f"{folder}/*", settle=0), RunDeployment("load"))
    (folder / "a.csv").write_text("1")
    house.now.look()
    house.now.look()
    folder.rename(away)
    for _ in range(3):
        house.now.look()
    away.rename(folder)
    other = Automating(house.settings)
    for _ in range(3):
        house.now.look()
        other.look()
    other.stop()
    told = [(event.kind, event.text) for event in house.now.told() if event.kind != "automation"]
    assert told == [
        ("trouble", f"files: {folder} is not there"),
        ("recovered", "files: what it watches is there again"),
    ]
    assert len(house.fired("files")) == 1
    (folder / "b.csv").write_text("1")
    house.now.look()
    house.now.look()
    assert len(house.fired("files")) == 2


def test_two_runners_take_a_file_once(house: House, tmp_path: Path):
    house.deploy("load")
    house.apply("files", on_file(f"{tmp_path}/*.csv", settle=0), RunDeployment("load"))
    (tmp_path / "a.csv").write_text("1")
    other = Automating(house.settings)
    for one in (house.now, other, house.now, other, house.now, other):
        one.look()
    other.stop()
    assert len(house.runs("files")) == 1


def test_a_run_past_its_deadline_is_told_once_while_it_is_still_late(house: House):
    house.apply("late", on_late(60, deployment="load"), Notify(secret="NOBODY"), most=9)
    deployment = house.deploy()
    late = house.add(deployment, due_at=time.time() - 90)
    house.add(deployment, due_at=time.time() - 30)
    house.add(house.deploy("other"), due_at=time.time() - 90)
    house.now.look()
    house.now.look()
    (firing,) = house.fired("late")
    assert (firing.event.name, firing.event.run_id) == ("run.late", late)
    assert firing.event.payload["late_seconds"] >= 90
    assert not house.reader.flow_run(late).state.is_final()


def test_an_event_that_does_not_come_is_told(house: House, monkeypatch: pytest.MonkeyPatch):
    house.apply("absent", on_absence(on_event("loaded"), within=3600), Notify(secret="NOBODY"))
    house.now.look()
    assert not house.fired("absent")
    later = time.time() + 3601
    monkeypatch.setattr("jupyter_flows.services.automating.time", lambda: later)
    house.now.look()
    house.now.look()
    (firing,) = house.fired("absent")
    assert firing.event.name == "automation.absent"


def test_a_cycle_ends_at_its_depth_and_says_so(house: House):
    deployments = {name: house.deploy(name) for name in ("a", "b")}
    for one, other in (("a", "b"), ("b", "a")):
        house.apply(f"{one}-{other}", on_run_end(deployment=one), RunDeployment(other), most=1_000)
    house.apply("watch", on_event(STOPPED), Notify(secret="NOBODY"))
    run_id = house.add(deployments["a"])
    made = [run_id]
    for _ in range(MOST_DEPTH + 5):
        house.end(made[-1], CANCELLED, "Cancelled")
        house.now.look()
        new = {run for name in ("a-b", "b-a") for run in house.runs(name)} - set(made)
        if not new:
            break
        made += new
    assert len(made) == 1 + MOST_DEPTH
    causes = house.firings.causes(made[-1])
    assert [firing.event.run_id for firing, _ in causes] == made[-2::-1]
    (stopped,) = house.events.newest(5, name=STOPPED)
    assert stopped.payload["runs"] == made[::-1]
    assert any(event.kind == "trouble" and "stopped" in event.text for event in house.now.told())
    house.now.look()
    assert len(house.fired("watch")) == 1


def test_schedules_are_paused_and_started_and_runs_cancelled(house: House):
    hourly = ScheduleDefinition("hourly", to_json(CronSchedule("0 * * * *")))
    deployment = house.deploy(schedules=(hourly,))
    house.apply("pause", on_failure(), PauseSchedule())
    house.apply("start", on_event("mended"), ResumeSchedule("load", "hourly"), ResumeSchedule("load"))
    house.apply("cancel", on_event("enough"), CancelRun("{event.payload[run]}"))
    house.end(house.add(deployment))
    house.now.look()
    assert house.deployments.get("load").paused
    house.events.add(time.time(), "mended")
    house.now.look()
    assert not house.deployments.get("load").paused
    waiting = house.add(deployment)
    house.events.add(time.time(), "enough", payload=f'{{"run": "{waiting}"}}')
    house.now.look()
    assert house.reader.flow_run(waiting).state.name == "Cancelled"


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (RunDeployment("nowhere"), "nowhere"),
        (RunDeployment("load", {"x": "{event.payload[gone]}"}), "has no event.payload[gone]"),
        (PauseSchedule(), "there is no deployment"),
        (CancelRun("nothing-like-this"), "nothing-like-this"),
    ],
)
def test_an_action_that_cannot_be_done_is_told_and_the_next_one_is_done(house: House, action: Any, words: str):
    house.deploy("load")
    house.apply("x", on_event("go"), action, RunDeployment("load"))
    house.events.add(time.time(), "go")
    house.now.look()
    (firing,) = house.fired("x")
    assert firing.outcome[0].startswith("refused: ")
    assert words in firing.outcome[0]
    assert len(house.runs("x")) == 1


def test_a_deleted_automation_ends_its_firings(house: House):
    house.deploy("load")
    house.apply("x", on_event("go"), RunDeployment("load"))
    house.events.add(time.time(), "go")
    assert not house.now._decide({}, time.time())
    automation_id = house.automations.get("x").id
    house.automations.delete("x")
    house.now.look()
    (firing,) = house.firings.of(automation_id)
    assert firing.outcome == ("the automation was deleted",)


def test_nothing_is_written_while_nothing_happens(house: House, tmp_path: Path):
    house.apply("files", on_file(f"{tmp_path}/*.none"), Notify(secret="NOBODY"))
    house.apply("late", on_late(60), Notify(secret="NOBODY"))
    house.now.look()
    before = house.events.file.data_version()
    for _ in range(5):
        house.now.look()
    assert house.events.file.data_version() == before


def test_old_events_and_firings_are_forgotten(house: House):
    house.apply("x", on_event("go"), CancelRun("none"))
    for at in (1.0, 2.0, time.time()):
        house.events.add(at, "go")
    house.now.look()
    house.now._next_prune = 0.0
    house.now.look()
    assert len(house.events.after(0, 10)) == 1
    assert len(house.fired("x")) == 3
    house.firings.drop(time.time() + 1)
    assert not house.fired("x")


def test_the_number_of_events_is_bounded_by_the_store_itself(house: House):
    with house.events.file.writing() as connection:
        row = "INSERT INTO events (id, at, name, resource, is_end) VALUES (?, 1.0, 'x', '', 0)"
        connection.executemany(row, [(1,), (2,), (200_001,)])
    assert [one.id for one in house.events.after(0, 10)] == [2, 200_001]


def test_an_automation_stored_anew_goes_on_unless_it_waits_for_something_else(house: House):
    house.apply("x", on_event("go"), Notify(secret="A"))
    house.events.add(1.0, "go")
    since = house.automations.get("x").standing.since
    house.apply("x", on_event("go"), Notify(secret="B"))
    assert house.automations.get("x").standing.since == since
    house.apply("x", on_event("gone"), Notify(secret="B"))
    assert house.automations.get("x").standing.since == since + 1


def test_a_thread_of_automations_ends_with_its_stop(house: House):
    started = Automating(house.settings)
    started.start()
    assert any(thread.name == "automations" for thread in threading.enumerate())
    started.stop()
    assert not any(thread.name == "automations" for thread in threading.enumerate())
