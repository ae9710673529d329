"""The SQLite writer under faults: what is promised stays, what is not is said."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_flows.errors import InvariantBroken, StoreUnavailable
from jupyter_flows.model.records import LogWritten, Record, StateEntered
from jupyter_flows.model.states import COMPLETED
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import checkpoint as checkpointing
from jupyter_flows.store import open_reader, open_writer
from jupyter_flows.store.sqlite_writer import SqliteWriter
from tests.unit.store.written_runs import LEASE, OWNER, counts, started, tasks


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_BUSY_SECONDS": "0.2"})


@pytest.fixture
def writer(settings: Settings) -> Iterator[SqliteWriter]:
    opened = open_writer(settings)
    assert isinstance(opened, SqliteWriter)
    yield opened
    opened.close()


def commit(writer: SqliteWriter, run_id: str, records: list[Record], durable: bool = False) -> frozenset[str]:
    return writer.commit({run_id: records}, OWNER, LEASE, durable)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def database(settings: Settings) -> Path:
    path = settings.database_path
    assert path is not None
    return path


@pytest.mark.parametrize("count", [1, 49, 50, 51, 1003])
def test_every_row_of_a_batch_is_there_whatever_its_size(writer: SqliteWriter, settings: Settings, count: int):
    lines: list[Record] = [LogWritten("run-1", 0, 1.0, 20, "x", str(number)) for number in range(count)]
    commit(writer, "run-1", started("run-1"))
    commit(writer, "run-1", tasks("run-1", 1, count) + lines)
    expected = {"flow_runs": 1, "task_runs": count, "states": 3 * count + 1, "logs": count}
    assert {name: number for name, number in counts(settings).items() if number} == expected
    reader = open_reader(settings)
    assert [line.message for line in reader.logs("run-1")] == [str(number) for number in range(count)]
    reader.close()


def test_a_short_lock_of_another_process_is_waited_for(settings: Settings, tmp_path: Path):
    slow = load_settings({"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_BUSY_SECONDS": "20"})
    writer = open_writer(slow)
    other = sqlite3.connect(database(settings), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    done = threading.Thread(target=writer.commit, args=({"run-1": started("run-1")}, OWNER, LEASE, True))
    done.start()
    assert counts(settings)["flow_runs"] == 0, "readers are not held up"
    other.execute("ROLLBACK")
    done.join(60)
    assert counts(settings)["flow_runs"] == 1
    other.close()
    writer.close()


def test_a_long_lock_is_one_clear_error_and_the_batch_can_be_written_later(writer: SqliteWriter, settings: Settings):
    other = sqlite3.connect(database(settings), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another process has it locked") as caught:
        commit(writer, "run-1", started("run-1"))
    assert caught.value.location == str(settings.database_path)
    other.execute("ROLLBACK")
    assert not commit(writer, "run-1", started("run-1"))
    other.close()


def test_an_interrupt_is_felt_while_another_process_holds_the_lock(settings: Settings, tmp_path: Path):
    patient = load_settings({"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_BUSY_SECONDS": "100"})
    writer = open_writer(patient)
    other = sqlite3.connect(database(settings), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            writer.commit({"run-1": started("run-1")}, OWNER, LEASE, False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    other.execute("ROLLBACK")
    other.close()
    assert not writer.commit({"run-1": started("run-1")}, OWNER, LEASE, False)
    writer.close()


def test_a_reader_that_must_write_says_when_it_cannot(writer: SqliteWriter, settings: Settings):
    commit(writer, "run-1", started("run-1"))
    reader = open_reader(settings)
    other = sqlite3.connect(database(settings), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another process has it locked"):
        reader.request_cancel("run-1", 5.0)
    other.execute("ROLLBACK")
    other.execute("DROP TABLE states")
    other.close()
    assert reader.flow_run("run-1").id == "run-1"
    with pytest.raises(StoreUnavailable, match="no such table: states"):
        reader.states("run-1")
    reader.close()


def test_the_same_row_twice_is_our_bug_and_writes_nothing(writer: SqliteWriter, settings: Settings):
    commit(writer, "run-1", started("run-1") + tasks("run-1", 1, 1))
    with pytest.raises(InvariantBroken):
        commit(writer, "run-1", tasks("run-1", 2, 3) + tasks("run-1", 1, 1))
    assert counts(settings)["task_runs"] == 1
    commit(writer, "run-1", tasks("run-1", 2, 3))
    assert counts(settings)["task_runs"] == 4


def test_an_interrupt_in_the_middle_leaves_nothing_and_the_writer_works(
    writer: SqliteWriter, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    commit(writer, "run-1", started("run-1"))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SqliteWriter, "_insert", interrupted)
        with pytest.raises(KeyboardInterrupt):
            commit(writer, "run-1", tasks("run-1", 1, 3))
    assert counts(settings)["task_runs"] == 0
    commit(writer, "run-1", tasks("run-1", 1, 3))
    assert counts(settings)["task_runs"] == 3


def test_a_token_taken_by_another_connection_is_noticed_by_the_next_commit(writer: SqliteWriter, settings: Settings):
    commit(writer, "run-1", started("run-1"))
    commit(writer, "run-2", started("run-2"))
    commit(writer, "run-1", tasks("run-1", 1, 1))
    other = sqlite3.connect(database(settings), isolation_level=None)
    other.execute("UPDATE flow_runs SET owner_token = 'thief' WHERE id = 'run-1'")
    other.close()
    assert not commit(writer, "run-2", tasks("run-2", 1, 1)), "the first look after the theft is at another run"
    batch = {"run-1": tasks("run-1", 2, 60), "run-2": tasks("run-2", 2, 60)}
    assert writer.commit(batch, OWNER, LEASE, False) == {"run-1"}
    assert counts(settings)["task_runs"] == 1 + 61
    assert commit(writer, "run-1", tasks("run-1", 2, 1)) == {"run-1"}


def test_a_commit_moves_an_old_lease(writer: SqliteWriter, settings: Settings):
    commit(writer, "run-1", started("run-1"))
    writer.commit({"run-1": tasks("run-1", 1, 1)}, OWNER, LEASE + 15, False)
    reader = open_reader(settings)
    assert reader.flow_run("run-1").lease_until == LEASE + 15
    reader.close()


def test_without_history_a_task_run_keeps_only_what_its_row_tells(tmp_path: Path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_HISTORY": "no"})
    writer = open_writer(settings)
    writer.commit({"run-1": started("run-1") + tasks("run-1", 1, 5)}, OWNER, LEASE, False)
    writer.close()
    with sqlite3.connect(settings.database_url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("SELECT number FROM states").fetchall() == [(0,)]
    connection.close()


def test_the_log_is_folded_into_the_file_when_it_is_large(
    writer: SqliteWriter, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkpointing, "_LARGE_WAL", 100_000)
    commit(writer, "run-1", started("run-1"))
    before = database(settings).stat().st_size
    for first in range(1, 8000, 1000):
        commit(writer, "run-1", tasks("run-1", first, 1000))
    assert database(settings).stat().st_size > before
    assert counts(settings)["task_runs"] == 8000


def test_files_and_folder_are_for_the_user_alone_whatever_the_umask(tmp_path: Path):
    settings = load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path / "deep" / "flows")})
    before = os.umask(0)
    try:
        writer = open_writer(settings)
        writer.commit({"run-1": started("run-1")}, OWNER, LEASE, True)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.flows_dir.iterdir()}
        writer.close()
    finally:
        os.umask(before)
    assert {"flows.db", "flows.db-wal", "flows.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(settings.flows_dir.stat().st_mode) == 0o700


FULL_DISK = """
import resource, signal, sys
from jupyter_flows.errors import StoreUnavailable
from tests.unit.store.written_runs import OWNER, LEASE, started, tasks, load_settings, open_writer, counts
settings = load_settings({"JUPYTER_DATA_DIR": sys.argv[1]})
writer = open_writer(settings)
writer.commit({"run-1": started("run-1")}, OWNER, LEASE, True)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
first = 1
try:
    while first < 100_000:
        writer.commit({"run-1": tasks("run-1", first, 200, "x" * 100)}, OWNER, LEASE, True)
        first += 200
except StoreUnavailable as error:
    print(error)
kept = counts(settings)["task_runs"]
assert kept == first - 1, (kept, first)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
writer.commit({"run-1": tasks("run-1", first, 200)}, OWNER, LEASE, True)
assert counts(settings)["task_runs"] == first + 199
writer.close()
print("usable again")
"""


def run_script(script: str, *arguments: str) -> subprocess.Popen[str]:
    root = str(Path(sys.modules["jupyter_flows"].__file__ or "").parent.parent)
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
    )


def test_a_full_disk_is_said_loses_nothing_and_ends_well(tmp_path: Path):
    process = run_script(FULL_DISK, str(tmp_path))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert "disk" in out
    assert "free some space" in out
    assert "usable again" in out


MANY = """
import sys
from tests.unit.store.written_runs import this_owner, LEASE, started, tasks, load_settings, open_writer
from jupyter_flows.model.runs import RunFilter
who, data = sys.argv[1:]
owner = this_owner("token-" + who)
writer = open_writer(load_settings({"JUPYTER_DATA_DIR": data}))
run_id = "run-" + who
born, state = started(run_id)
assert not writer.commit({run_id: [born._replace(owner=owner), state]}, owner, LEASE, True)
for batch in range(50):
    lost = writer.commit({run_id: tasks(run_id, 1 + batch * 20, 20)}, owner, LEASE + batch, batch % 10 == 0)
    assert not lost
    writer.cancel_requests([run_id])
writer.close()
"""


def test_many_processes_write_one_fresh_store_without_an_error_or_a_lost_row(
    tmp_path: Path, at_scale: Callable[[int, int], int]
):
    many = at_scale(3, 8)
    started_together = [run_script(MANY, str(who), str(tmp_path)) for who in range(many)]
    for process in started_together:
        out, _ = process.communicate(timeout=100)
        assert process.returncode == 0, out
    found = counts(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)}))
    assert {name: number for name, number in found.items() if number} == {
        "flow_runs": many,
        "task_runs": many * 1000,
        "states": many * (1 + 3000),
    }


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path):
    script = """
import os, signal, sys
from tests.unit.store.written_runs import OWNER, LEASE, started, tasks, load_settings, open_writer
writer = open_writer(load_settings({"JUPYTER_DATA_DIR": sys.argv[1]}))
writer.commit({"run-1": started("run-1") + tasks("run-1", 1, 500)}, OWNER, LEASE, False)
os.kill(os.getpid(), signal.SIGKILL)
"""
    process = run_script(script, str(tmp_path))
    process.communicate(timeout=60)
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    assert counts(settings)["states"] == 1501


FORKS = """
import os, sqlite3, sys
from tests.unit.store.written_runs import OWNER, LEASE, started, tasks, load_settings, open_writer, counts
settings = load_settings({"JUPYTER_DATA_DIR": sys.argv[1]})
writer = open_writer(settings)
writer.commit({"run-1": started("run-1")}, OWNER, LEASE, False)
for number in range(1, 6):
    child = os.fork()
    if child == 0:
        sys.exit(0)  # closes what it inherited
    writer.commit({"run-1": tasks("run-1", number, 1)}, OWNER, LEASE, False)
    os.waitpid(child, 0)
assert counts(settings)["task_runs"] == 5
writer.close()
print(sqlite3.connect(settings.database_path).execute("PRAGMA integrity_check").fetchall())
"""


def test_a_forked_child_that_ends_does_not_harm_the_store(tmp_path: Path):
    process = run_script(FORKS, str(tmp_path))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert out.strip() == "[('ok',)]"


def test_deleting_runs_shrinks_the_file(writer: SqliteWriter, settings: Settings):
    for run_id in ("run-1", "run-2"):
        commit(writer, run_id, started(run_id) + tasks(run_id, 1, 3000))
        commit(writer, run_id, [StateEntered(run_id, 0, 2, COMPLETED, "Completed", "", 9.0, 1)], durable=True)
    reader = open_reader(settings)
    checkpointing.checkpoint(writer._connection, database(settings), "TRUNCATE")
    before = database(settings).stat().st_size
    assert reader.delete(["run-1"]) == []
    assert database(settings).stat().st_size < before * 0.7
    assert reader.counts()["task_runs"] == 3000
    reader.close()
