"""A store that stalls, fails, fills up or is taken away: the caller is told, nobody hangs, nothing else is harmed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import flow, task
from jupyter_flows.errors import LeaseLost, SchemaMismatch, StoreUnavailable
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader, open_writer
from jupyter_flows.wiring import current_session, use_session


class FaultyWriter:
    """The real writer, with faults put in between."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.fail_at: set[int] = set()
        self.broken = False
        self.commits = 0
        self.open = threading.Event()
        self.open.set()
        self.arrived = threading.Event()

    def __getattr__(self, name):
        return getattr(self.real, name)

    def commit(self, *args):
        self.arrived.set()
        assert self.open.wait(60)
        self.commits += 1
        if self.broken or self.commits in self.fail_at:
            raise StoreUnavailable(self.location, "made up")
        return self.real.commit(*args)


@pytest.fixture
def settings(tmp_path):
    environment = {"JUPYTER_FLOWS_DIR": str(tmp_path / "flows"), "JUPYTER_FLOWS_BUSY_SECONDS": "0.2"}
    made = load_settings(environment)
    use_session(made)
    yield made
    use_session(None)


@pytest.fixture
def reader(settings):
    opened = open_reader(settings)
    yield opened
    opened.close()


@pytest.fixture
def writer(settings):
    made: Any = FaultyWriter(open_writer(settings))
    current_session()._open_writer = lambda: made
    return made


@task
def add(x, y=1):
    return x + y


@flow
def chain(count=10):
    x = 0
    for _ in range(count):
        x = add(x)
    return x


@flow
def mapped(count=100):
    return sum(add.map(list(range(count))).result())


@flow
def after():
    return add(1) + add.submit(2).result()


@flow
def outer():
    return mapped(10) + chain(3)


BODIES = {"a chain": chain, "a map": mapped, "a sub-flow": outer}


def test_producers_slow_down_behind_a_stalled_store_and_no_row_is_lost(writer, reader, at_scale, monkeypatch):
    monkeypatch.setattr("jupyter_flows.drivers.inbox.CAPACITY", 500)
    count = at_scale(3_000, 30_000)
    writer.open.clear()
    answer: list[int] = []
    thread = threading.Thread(target=lambda: answer.append(mapped(count)))
    thread.start()
    assert writer.arrived.wait(60)
    inbox = current_session()._inbox
    lengths = []
    for _ in range(50):
        lengths.append(len(inbox))
        time.sleep(0.01)  # the stall itself: producers must be seen standing still
    assert max(lengths) <= 500 + 64
    assert thread.is_alive()
    writer.open.set()
    thread.join(60)
    assert answer == [count * (count + 1) // 2]
    assert reader.counts()["task_runs"] == count
    (run,) = reader.flow_runs(RunFilter())
    assert {child.state.name for child in reader.task_runs(run.id)} == {"Completed"}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("which", [1, 2, 3, 5])
def test_one_failed_commit_is_told_to_the_caller_and_the_next_flow_works(body, which, writer, reader):
    writer.fail_at = {which}
    state = body(return_state=True)
    writer.fail_at = set()
    assert state.is_final()
    if which == 1:
        with pytest.raises(StoreUnavailable):
            state.result()
    assert after() == 5
    assert not current_session().live_runs()
    for run in reader.flow_runs(RunFilter(limit=10)):
        assert run.flow != "after" or run.state.name == "Completed"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_store_that_fails_for_ever_hangs_nobody_and_may_come_back(body, writer, reader):
    assert after() == 5
    writer.broken = True
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="made up"):
            body()
    writer.broken = False
    assert after() == 5
    assert not current_session().live_runs()
    assert [run.state.name for run in reader.flow_runs(RunFilter(flow="after"))] == ["Completed"] * 2


def test_a_store_that_fails_in_the_middle_of_a_map_ends_all_its_futures(writer, reader):
    gate = threading.Event()

    @task
    def waits(x):
        gate.wait(60)
        return x

    seen = []

    @flow
    def body():
        futures = waits.map(list(range(30)))
        seen.extend(futures)
        eventually_running(reader)
        writer.broken = True
        gate.set()
        return futures.result()

    with pytest.raises(StoreUnavailable):
        body()
    assert all(future.wait(60).done() for future in seen)
    writer.broken = False
    assert after() == 5
    assert not current_session().live_runs()


def eventually_running(reader):
    deadline = time.monotonic() + 60
    while not reader.flow_runs(RunFilter()) and time.monotonic() < deadline:
        time.sleep(0.01)


def take_over(settings, name):
    connection = sqlite3.connect(settings.database_path, isolation_level=None)
    connection.execute("update flow_runs set owner_token = 'another' where flow = ?", (name,))
    connection.close()


def test_a_run_that_another_owner_took_over_stops_and_the_others_go_on(settings, reader):
    taken, go_on = threading.Event(), threading.Event()
    answers: dict[str, Any] = {}

    @flow
    def victim():
        x = add(1)
        taken.set()
        assert go_on.wait(60)
        for _ in range(1_000):
            x = add(x)
        return x

    @flow
    def other():
        x = add(1)
        assert go_on.wait(60)
        for _ in range(10):
            x = add(x)
        return x + add.submit(1).result()

    def call(body):
        answers[body.name] = body(return_state=True)

    threads = [threading.Thread(target=call, args=(body,)) for body in (victim, other)]
    for thread in threads:
        thread.start()
    assert taken.wait(60)
    take_over(settings, "victim")
    before = {run.flow: run for run in reader.flow_runs(RunFilter())}
    rows = len(reader.task_runs(before["victim"].id))
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert answers["other"].result() == 14
    with pytest.raises(LeaseLost, match="another process"):
        answers["victim"].result()
    left = {run.flow: run for run in reader.flow_runs(RunFilter())}
    assert left["other"].state.name == "Completed"
    assert left["victim"].ended_at is None or left["victim"].state.is_crashed()
    assert len(reader.task_runs(left["victim"].id)) == rows
    assert not current_session().live_runs()


def below_a_file(folder):
    (folder / "file").write_text("")
    return folder / "file" / "flows"


def in_a_shut_folder(folder):
    if os.geteuid() == 0:
        return Path("/proc/flows")  # where not even root may write
    (folder / "shut").mkdir(mode=0o500)
    return folder / "shut" / "flows"


@pytest.mark.parametrize("place", [below_a_file, in_a_shut_folder])
def test_a_place_that_cannot_be_written_is_named_by_the_flow_call(place, tmp_path):
    folder = place(tmp_path)
    use_session(load_settings({"JUPYTER_FLOWS_DIR": str(folder)}))
    try:
        for body in (chain, mapped, after):
            with pytest.raises(StoreUnavailable) as caught:
                body()
            assert str(folder) in str(caught.value)
        assert not current_session().live_runs()
    finally:
        use_session(None)


def test_a_store_that_another_process_keeps_locked_is_told_as_such(settings, reader):
    assert after() == 5
    connection = sqlite3.connect(settings.database_path, isolation_level=None)
    connection.execute("begin immediate")
    with pytest.raises(StoreUnavailable, match="lock") as caught:
        chain()
    assert str(settings.database_path) in str(caught.value)
    connection.execute("rollback")
    connection.close()
    assert after() == 5
    assert {run.state.name for run in reader.flow_runs(RunFilter())} == {"Completed"}


def test_a_short_lock_is_waited_for(settings):
    use_session(replace(settings, busy_seconds=60.0))
    assert after() == 5
    connection = sqlite3.connect(settings.database_path, isolation_level=None, check_same_thread=False)
    connection.execute("begin immediate")
    threading.Timer(0.1, lambda: connection.execute("rollback")).start()
    assert chain() == 10
    connection.close()


def test_a_store_of_a_newer_version_is_refused_and_untouched(settings):
    assert after() == 5
    use_session(settings)
    connection = sqlite3.connect(settings.database_path, isolation_level=None)
    connection.execute("update alembic_version set version_num = '9999_later'")
    before = connection.execute("select count(*) from flow_runs").fetchone()
    for _ in range(2):
        with pytest.raises(SchemaMismatch, match="9999_later"):
            chain()
    assert connection.execute("select count(*) from flow_runs").fetchone() == before
    connection.execute("update alembic_version set version_num = '0001'")
    connection.close()


FULL_DISK = """
import resource, signal, sys
from jupyter_flows import flow, task
from jupyter_flows.errors import StoreUnavailable

@task
def add(x, word=""):
    return x + 1

@flow
def wide(words):
    return sum(add.map(list(range(5_000))).result())

@flow
def small():
    return add(1)

assert small() == 2
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
try:
    wide("")
except StoreUnavailable as error:
    print("told:", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert small() == 2
print("works again")
"""


def test_a_full_disk_is_told_and_the_store_works_when_there_is_room_again(scripts):
    out = scripts.run(FULL_DISK)
    told, again = out.splitlines()
    assert told.startswith("told: the store ")
    assert "disk" in told
    assert again == "works again"
    reader = scripts.reader()
    assert [run.state.name for run in reader.flow_runs(RunFilter(flow="small"))] == ["Completed"] * 2


SMALL_DISK = "mount -t tmpfs -o size=1m tmpfs {folder} && exec {python} {script}"


@pytest.mark.needs("unshare")
def test_a_small_file_system_that_fills_up_is_told_and_hangs_nobody(scripts, tmp_path):
    folder, script = tmp_path / "small", tmp_path / "script.py"
    folder.mkdir()
    code = FULL_DISK.replace("(300_000, hard)", "(soft, hard)").replace("import resource", "import os, resource")
    script.write_text(code.replace("assert small() == 2\nprint", "print"))
    command = SMALL_DISK.format(folder=folder, python=sys.executable, script=script)
    environment = {**scripts.environment, "JUPYTER_FLOWS_DIR": str(folder / "flows")}
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no file system of one's own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("told: the store ")
    assert "full" in done.stdout
