"""A runner whose children, store and own process do what they should not."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.model.deployments import Deployment, DeploymentDefinition, ScheduleDefinition
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.schedules import IntervalSchedule, to_json
from jupyter_flows.services import runner as runner_module
from jupyter_flows.services import workers
from jupyter_flows.services.runner import Runner, RunnerOptions
from jupyter_flows.services.runner_events import RunnerEvent
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_deployments, open_queue, open_reader

HERE = Path(__file__).parent
CHILD = (sys.executable, str(HERE / "stand_in_child.py"))
QUICK = {
    "JUPYTER_FLOWS_HEARTBEAT_SECONDS": "0.3",
    "JUPYTER_FLOWS_LEASE_SECONDS": "1.5",
    "JUPYTER_FLOWS_POLL_SECONDS": "0.1",
}
LONG = 40.0  # seconds that something which must happen may take


def await_that(happened: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        if found := happened():
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


class House:
    """A store with deployments, and runners on it."""

    def __init__(self, folder: Path) -> None:
        self.environ = {"JUPYTER_DATA_DIR": str(folder), **QUICK}
        self.settings: Settings = load_settings(self.environ)
        self.queue, self.reader = open_queue(self.settings), open_reader(self.settings)
        self.deployments = open_deployments(self.settings)
        self.events: list[RunnerEvent] = []
        self.gate = folder / "gate"  # runs that wait for it end when it is there
        self._ids = count(1)
        self._runners: list[Runner] = []
        self._processes: list[subprocess.Popen[str]] = []

    def deploy(self, **changes: Any) -> Deployment:
        definition = DeploymentDefinition("daily", "report", "notebook", "/w/report.ipynb", "/w")
        definition = replace(definition, **changes)
        new_id = lambda: f"id{next(self._ids)}"  # noqa: E731
        applied = self.deployments.apply(definition, digest=repr(definition), at=time.time(), new_id=new_id)
        return applied.deployment

    def add(self, do: str = "complete", deployment: Deployment | None = None, **more: Any) -> str:
        chosen = deployment or self.deploy()
        return create_run(self.queue, chosen, at=time.time(), parameters={"do": do, **more}).run_id

    def runner(self, **changes: Any) -> Runner:
        options = {"workers": 2, "grace_seconds": 0.3, "child_grace_seconds": 0.3, "keep_ready": False}
        made = Runner(self.settings, RunnerOptions(**{"command": CHILD, **options, **changes}), self.events.append)
        self._runners.append(made)
        made.start()
        return made

    def process(self, **environ: str) -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [sys.executable, str(HERE / "runner_process.py")],
            env={**os.environ, **self.environ, **environ},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(started)
        return started

    def held(self, deployment: Deployment | None = None) -> str:
        """Add a run that ends when the gate is there."""
        return self.add("complete", deployment, until=str(self.gate))

    def told(self, kind: str) -> list[RunnerEvent]:
        return [event for event in self.events if event.kind == kind]

    def done(self, run_id: str) -> FlowRun:
        await_that(lambda: self.queue.run(run_id).done_at, f"run {run_id} is done")
        return self.reader.flow_run(run_id)

    def running(self, run_id: str) -> FlowRun:
        def found() -> FlowRun | None:
            run = self.reader.flow_run(run_id)
            return run if run.state.is_running() else None

        return await_that(found, f"run {run_id} runs")

    def close(self) -> None:
        for runner in self._runners:
            runner.stop(5.0)
        for process in self._processes:
            process.kill()
            process.wait()
            assert process.stdout
            process.stdout.close()
        for part in (self.queue, self.reader, self.deployments):
            part.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    yield built
    built.close()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def stop_between_writes(pid: int, store: Path) -> None:
    """Stop a process while it does not hold SQLite's write lock, which nobody could take from it."""
    connection = sqlite3.connect(store, timeout=0.2, isolation_level=None)

    def stopped() -> bool:
        os.kill(pid, signal.SIGSTOP)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            os.kill(pid, signal.SIGCONT)
            return False
        return True

    try:
        await_that(stopped, "it holds no lock")
    finally:
        connection.close()


def test_what_is_due_is_executed_and_told(house: House):
    run_id = house.add()
    house.runner()
    run = house.done(run_id)
    assert (run.state.name, run.attempts) == ("Completed", 1)
    await_that(lambda: house.told("ended"), "its end is told")
    assert [event.kind for event in house.events[:3]] == ["started", "begun", "ended"]
    assert house.told("ended")[0].deployment == "daily"


def test_once_stops_when_nothing_that_is_due_is_left(house: House):
    deployment = house.deploy()
    runs = [house.add(deployment=deployment) for _ in range(3)]
    later = create_run(house.queue, deployment, at=time.time(), due_at=time.time() + 3600).run_id
    Runner(house.settings, RunnerOptions(command=CHILD, once=True), house.events.append).run()
    assert [house.reader.flow_run(run_id).state.name for run_id in runs] == ["Completed"] * 3
    assert house.reader.flow_run(later).state.name == "Scheduled"
    assert house.events[-1].kind == "stopped"


def test_a_run_that_comes_later_is_noticed_and_a_ready_worker_takes_it(house: House):
    runner = house.runner(keep_ready=True)
    pid = await_that(lambda: runner._workers.spare, "a worker is ready").pid
    run = house.done(house.add())
    assert run.owner
    assert run.owner.pid == pid
    await_that(lambda: runner._workers.spare, "the next worker is ready")


def test_a_failed_attempt_is_made_again_while_retries_are_left(house: House):
    once = house.add("fail once", house.deploy(retries=1))
    always = house.add("fail", house.deploy(name="b", retries=1))
    house.runner()
    assert (house.done(once).state.name, house.done(once).attempts) == ("Completed", 2)
    assert (house.done(always).state.name, house.done(always).attempts) == ("Failed", 2)


def test_a_child_that_is_killed_is_noticed_at_once_and_its_run_is_crashed(house: House):
    run_id = house.add("die")
    house.runner()
    run = house.done(run_id)
    assert (run.state.name, run.attempts) == ("Crashed", 1)


def test_a_child_that_never_begins_is_tried_three_times_and_its_last_words_are_told(house: House):
    run_id = house.add("never begin")
    house.runner()
    run = house.done(run_id)
    assert run.state.name == "Crashed"
    assert "3 times" in run.state.message
    assert "exit status 7" in run.state.message
    assert "nothing works here" in run.state.message


def test_a_next_attempt_that_never_begins_is_not_tried_for_ever(house: House):
    run_id = house.add("fail, then never begin", house.deploy(retries=50))
    house.runner()
    run = house.done(run_id)
    assert (run.state.name, run.attempts) == ("Failed", 1)
    await_that(lambda: "no further attempt" in house.told("ended")[-1].text, "that is told")


def test_a_worker_that_cannot_be_started_is_trouble_and_not_the_end(house: House):
    run_id = house.add()
    runner = house.runner(command=("/no/such/program",))
    await_that(lambda: house.told("trouble"), "trouble is told")
    assert "no process can be started" in house.told("trouble")[0].text
    runner.stop()
    assert house.queue.run(run_id).done_at is None
    house.runner()
    assert house.done(run_id).state.name == "Completed"


def test_a_child_that_prints_much_is_not_held_up(house: House):
    run_id = house.add("print a lot")
    house.runner()
    assert house.done(run_id).state.name == "Completed"


def test_a_child_over_its_time_that_ends_for_nobody_is_killed_from_outside(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    ahead = [0.0]
    monkeypatch.setattr(workers, "monotonic", lambda: time.monotonic() + ahead[0])
    run_id = house.add("ignore everything", house.deploy(timeout_seconds=1000.0))
    house.runner()
    pid = getattr(house.running(run_id).owner, "pid", 0)
    ahead[0] = 2000.0
    assert house.done(run_id).state.name == "Crashed"
    assert not is_alive(pid)


def test_a_runner_that_is_stopped_lets_short_runs_end_and_hands_long_ones_back(house: House):
    deployment = house.deploy()
    short, long = house.held(deployment), house.add("wait", deployment)
    waiting = house.add("complete", deployment)
    runner = house.runner(grace_seconds=1000.0, child_grace_seconds=LONG)
    house.running(short)
    pid = getattr(house.running(long).owner, "pid", 0)
    runner.request_stop()
    house.gate.touch()
    house.done(short)
    runner._stopping = time.monotonic()  # the grace is over
    runner.stop()
    assert house.reader.flow_run(short).state.name == "Completed"
    assert house.reader.flow_run(long).state.name == "Interrupted"
    handed = house.queue.run(long)
    assert (handed.runner_id, handed.done_at) == (None, None)
    assert house.reader.flow_run(waiting).state.name == "Scheduled"
    assert not is_alive(pid)


def test_a_runner_that_must_stop_now_kills_what_runs_and_hands_it_back(house: House):
    run_id = house.add("ignore everything")
    runner = house.runner(grace_seconds=1000.0)
    pid = getattr(house.running(run_id).owner, "pid", 0)
    runner.request_stop()
    runner.request_kill()
    runner.stop()
    assert not is_alive(pid)
    assert (house.queue.run(run_id).runner_id, house.queue.run(run_id).done_at) == (None, None)
    assert house.reader.flow_run(run_id).state.name == "Crashed"


def test_a_store_that_is_deleted_is_told_once_and_waited_for(house: House, monkeypatch: pytest.MonkeyPatch):
    path = Path(house.queue.location)
    runner = house.runner()
    await_that(lambda: house.told("started"), "it has started")
    turns = count()
    turn = runner._turn
    monkeypatch.setattr(runner, "_turn", lambda: (next(turns), turn())[1])
    hidden = path.with_name("hidden")
    with contextlib.closing(sqlite3.connect(path)) as old, contextlib.closing(sqlite3.connect(hidden)) as copy:
        old.backup(copy)
    for file in path.parent.glob(f"{path.name}*"):  # with the journal: what comes back is whole without it
        file.rename(path.with_name(file.name.replace(path.name, "old")))
    await_that(lambda: house.told("trouble"), "trouble is told")
    seen = next(turns)
    await_that(lambda: next(turns) > seen + 4, "it looks again")
    assert "deleted or replaced" in house.told("trouble")[0].text
    hidden.rename(path)
    await_that(lambda: house.told("recovered"), "it goes on")
    assert len(house.told("trouble")) == 1
    assert not path.with_name("hidden").exists()


def test_a_run_that_is_not_in_the_store_any_more_is_told_and_forgotten(house: House):
    house.runner()
    run_id = house.held()
    house.running(run_id)
    with contextlib.closing(sqlite3.connect(house.queue.location, timeout=LONG)) as store, store:
        store.execute("DELETE FROM deployment_runs WHERE run_id = ?", (run_id,))
        store.execute("DELETE FROM flow_runs WHERE id = ?", (run_id,))
    house.gate.touch()
    (told,) = await_that(lambda: house.told("returned"), "its end is told")
    assert told.run_id == run_id
    house.done(house.add())
    assert not house.told("trouble")


def test_a_full_disk_is_told_and_what_is_due_runs_when_there_is_room_again(house: House):
    deployment = house.deploy()
    process = house.process()
    assert process.stdout
    assert process.stdout.readline().startswith("started")
    process.send_signal(signal.SIGUSR1)
    assert process.stdout.readline() == "full\n"
    run_id = house.add(deployment=deployment)
    line = process.stdout.readline()
    assert line.startswith("trouble")
    assert "full" in line
    assert house.reader.flow_run(run_id).state.is_scheduled()
    process.send_signal(signal.SIGUSR2)
    assert any(line.startswith("recovered") for line in iter(process.stdout.readline, ""))
    assert house.done(run_id).state.name == "Completed"


def test_a_runner_that_was_taken_for_dead_is_there_anew_and_keeps_what_its_workers_hold(house: House):
    run_id = house.held()
    runner = house.runner()
    house.running(run_id)
    before = runner.runner_id
    with house.queue.file.writing() as connection:
        connection.execute("UPDATE runners SET stopped_at = 1.0")
    await_that(lambda: runner.runner_id != before, "it is there anew")
    await_that(lambda: house.queue.run(run_id).runner_id == runner.runner_id, "it has its run again")
    house.gate.touch()
    assert (house.done(run_id).state.name, house.done(run_id).attempts) == ("Completed", 1)


def test_a_runner_that_was_taken_for_dead_ends_what_others_have_taken(house: House):
    run_id = house.add("wait")
    runner = house.runner()
    pid = getattr(house.running(run_id).owner, "pid", 0)
    with house.queue.file.writing() as connection:
        connection.execute("UPDATE runners SET stopped_at = 1.0")
        connection.execute("UPDATE deployment_runs SET runner_id = 'another', done_at = 1.0")
    await_that(lambda: not is_alive(pid), "its worker is killed")
    assert runner.runner_id


def test_a_runner_killed_again_and_again_loses_no_tick_doubles_none_and_leaves_no_orphan(house: House):
    every = ScheduleDefinition("main", to_json(IntervalSchedule(timedelta(seconds=1))), catchup="all", overlap="allow")
    house.deploy(schedules=(every,), parameters={"seconds": 0.7})
    deployed = time.time()
    children: set[int] = set()
    for _ in range(5):
        process = house.process()
        ticks = house.reader.counts()["flow_runs"]
        await_that(lambda ticks=ticks: house.reader.counts()["flow_runs"] > ticks, "ticks go on")
        children |= _children_of(process.pid)
        process.kill()
        process.wait()
    house.runner(workers=8)
    house.deployments.set_paused("daily", paused=True, at=time.time())
    schedule = house.deployments.schedules()[0]
    planned = [tick for tick in house.queue.ticks(schedule.id, 10_000) if tick.outcome == "run"]
    for tick in planned:
        assert tick.run_id
        house.done(tick.run_id)
    at = sorted(tick.at for tick in planned)
    assert at[0] <= deployed + 1.0
    assert {round(later - earlier, 6) for earlier, later in pairwise(at)} == {1.0}
    assert len({tick.run_id for tick in planned}) == len(planned) == house.reader.counts()["flow_runs"]
    states = {house.reader.flow_run(tick.run_id or "").state.name for tick in planned}
    assert states <= {"Completed", "Interrupted", "Crashed"}
    await_that(lambda: not any(map(is_alive, children)), "no child is left")


def _children_of(pid: int) -> set[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in found}


def test_a_child_that_outlives_its_runner_is_killed_by_another_one(house: House):
    run_id = house.add("ignore everything")
    process = house.process()
    pid = getattr(house.running(run_id).owner, "pid", 0)
    process.kill()
    process.wait()
    house.runner()
    assert house.done(run_id).state.name == "Crashed"
    assert not is_alive(pid)
    assert [event.run_id for event in house.told("orphan")] == [run_id]


def test_a_runner_that_is_stopped_past_its_lease_loses_its_claims_and_goes_on_under_another_id(house: House):
    deployment = house.deploy()
    process = house.process()
    assert process.stdout
    assert process.stdout.readline().startswith("started")
    stop_between_writes(process.pid, Path(house.queue.location))
    other = house.runner()
    await_that(lambda: house.told("dead"), "it is found dead")
    runs = [house.add("complete", deployment, seconds=0.3) for _ in range(6)]
    await_that(lambda: house.told("begun"), "the other one takes what is due")
    os.kill(process.pid, signal.SIGCONT)
    assert any(line.startswith("trouble") for line in iter(process.stdout.readline, ""))
    for run_id in runs:
        run = house.done(run_id)
        assert (run.state.name, run.attempts) == ("Completed", 1)
    claimed = {house.queue.run(run_id).runner_id for run_id in runs}
    assert other.runner_id in claimed
    process.send_signal(signal.SIGTERM)
    assert process.wait(LONG) == 0


def test_a_child_that_is_stopped_past_its_lease_is_lost_and_its_late_words_are_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runner_module, "OVERTIME", 2.0)
    run_id = house.held()
    house.runner()
    pid = getattr(house.running(run_id).owner, "pid", 0)
    stop_between_writes(pid, Path(house.queue.location))
    await_that(lambda: house.reader.flow_run(run_id).state.name == "Crashed", "it is taken for dead")
    await_that(lambda: house.told("lost"), "that is told")
    house.gate.touch()
    os.kill(pid, signal.SIGCONT)
    run = house.done(run_id)
    assert (run.state.name, run.attempts) == ("Crashed", 1)
    assert [change.state.name for change in house.reader.states(run_id, 0)] == ["Scheduled", "Running", "Crashed"]


def test_a_child_that_stays_stopped_is_killed_and_its_run_is_made_again(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runner_module, "OVERTIME", 0.2)
    run_id = house.held(house.deploy(retries=1))
    house.runner()
    pid = getattr(house.running(run_id).owner, "pid", 0)
    stop_between_writes(pid, Path(house.queue.location))
    house.gate.touch()  # for the next attempt
    run = house.done(run_id)
    assert (run.state.name, run.attempts) == ("Completed", 2)
    assert not is_alive(pid)


def test_a_runner_executes_the_runs_of_the_deployments_it_is_there_for(house: House):
    mine, other = house.deploy(), house.deploy(name="other")
    runs = [house.add(deployment=deployment) for deployment in (other, mine)]
    house.runner(deployments=frozenset([mine.id]))
    assert house.done(runs[1]).state.name == "Completed"
    assert house.reader.flow_run(runs[0]).state.name == "Scheduled"


def test_a_clock_that_jumps_forward_and_back_doubles_no_tick(house: House, monkeypatch: pytest.MonkeyPatch):
    ahead = [0.0]
    monkeypatch.setattr(runner_module, "time", lambda: time.time() + ahead[0])
    every = ScheduleDefinition("main", to_json(IntervalSchedule(timedelta(seconds=1))), overlap="allow")
    house.deploy(schedules=(every,))
    house.runner()
    await_that(lambda: house.told("ended"), "a tick has run")
    for jump in (3600.0, -3600.0, 0.0):
        seen, ahead[0] = len(house.events), jump
        if jump > 0:
            await_that(lambda seen=seen: len(house.events) > seen + 3, "ticks go on")
        else:
            time.sleep(0.5)  # nothing happens, and that is looked for
    schedule = house.deployments.schedules()[0]
    ticks = house.queue.ticks(schedule.id, 10_000)
    assert len({tick.at for tick in ticks}) == len(ticks)
    runs = [tick.run_id for tick in ticks if tick.outcome == "run"]
    assert len(set(runs)) == len(runs) == house.reader.counts()["flow_runs"]
    assert not house.told("lost")
    assert not house.told("dead")


def test_the_machine_s_clock_an_hour_forward_and_back_doubles_no_tick_and_crashes_no_run(house: House, tmp_path: Path):
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
    if library is None:
        assert os.environ.get("CI") != "true", "libfaketime is missing"
        pytest.skip("libfaketime is missing")
    clock = tmp_path / "clock"

    def set_clock(ahead: str) -> None:
        (tmp_path / "next clock").write_text(ahead)
        (tmp_path / "next clock").rename(clock)  # nobody reads half of it

    set_clock("+0")
    every = ScheduleDefinition("main", to_json(IntervalSchedule(timedelta(seconds=1))), overlap="allow")
    house.deploy(schedules=(every,), parameters={"seconds": 0.3})
    process = house.process(
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    assert process.stdout
    output, told = process.stdout, list[str]()

    def await_end() -> None:
        told.append(output.readline())
        while not told[-1].startswith("ended"):
            assert told[-1], told
            told.append(output.readline())

    await_end()
    set_clock("+3600")
    for _ in range(3):
        await_end()
    set_clock("-3600")
    time.sleep(1.0)  # nothing happens, and that is looked for
    set_clock("+3603")
    await_end()
    assert not [line for line in told if line.startswith(("lost", "dead"))]
    process.send_signal(signal.SIGTERM)
    output.read()
    assert process.wait(LONG) == 0
    ticks = house.queue.ticks(house.deployments.schedules()[0].id, 10_000)
    assert len({tick.at for tick in ticks}) == len(ticks)
    ran = [tick.run_id for tick in ticks if tick.outcome == "run"]
    assert len(set(ran)) == len(ran) == house.reader.counts()["flow_runs"]


def test_two_runners_share_what_is_due_and_nothing_is_executed_twice(house: House):
    deployment = house.deploy()
    processes = [house.process() for _ in range(2)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline().startswith("started")
    both = [house.held(deployment) for _ in range(4)]  # as many as both have workers for
    for run_id in both:
        house.running(run_id)
    runs = [*both, *(house.add("complete", deployment, seconds=0.1) for _ in range(12))]
    house.gate.touch()
    for run_id in runs:
        assert (house.done(run_id).state.name, house.done(run_id).attempts) == ("Completed", 1)
    assert len({house.queue.run(run_id).runner_id for run_id in runs}) == 2
