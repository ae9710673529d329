"""Kept results that were harmed or forged, or cannot be written: nothing of them is loaded, and the tasks run."""

from __future__ import annotations

import pickle
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import flow, task
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader
from jupyter_flows.wiring import use_session

calls: list[str] = []


@task(cache_key_fn=lambda _context, parameters: parameters["name"])
def load(name: str) -> tuple[str, str]:
    """A value too large to ride in the store, of a type that is pickled."""
    calls.append(name)
    return name * 5000, name


@flow
def both() -> list[tuple[str, str]]:
    return [load(name) for name in "ab"]


class Evil:
    """Something whose loading leaves a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.marker), "w")


def evil_file(home: Path) -> bytes:
    return pickle.dumps(Evil(home / "marker"))


def rows(home: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(home / "flows.db")
    with connection:
        found = connection.execute(statement, values).fetchall()
    connection.close()
    return found


def kept_files(home: Path) -> list[Path]:
    """The files of a and of b."""
    return [Path(place) for (place,) in rows(home, "SELECT location FROM results ORDER BY number")]


def truncate(home: Path) -> None:
    for file in kept_files(home):
        file.write_bytes(file.read_bytes()[:-9])


def corrupt(home: Path) -> None:
    for file in kept_files(home):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)


def swap_files(home: Path) -> None:
    first, second = kept_files(home)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)


def swap_rows(home: Path) -> None:
    rows(home, "UPDATE results SET cache_key = CASE cache_key WHEN ? THEN ? ELSE ? END", *_keys(home))
    rows(home, "UPDATE results SET number = -number")
    rows(home, "UPDATE results SET number = CASE number WHEN -1 THEN 2 ELSE 1 END")


def _keys(home: Path) -> tuple[str, str, str]:
    (one,), (two,) = rows(home, "SELECT cache_key FROM results ORDER BY number")
    return one, two, one


def unsign(home: Path) -> None:
    rows(home, "UPDATE results SET signature = ''")


def plant_evil_files(home: Path) -> None:
    for file in kept_files(home):
        file.write_bytes(evil_file(home))


def forge_rows(home: Path) -> None:
    """An evil file whose size and digest the row tells; only the signature is not to be had."""
    plant_evil_files(home)
    content = evil_file(home)
    rows(home, "UPDATE results SET size = ?, sha256 = ?", len(content), sha256(content).hexdigest())


def forge_unsigned(home: Path) -> None:
    forge_rows(home)
    unsign(home)


def lose_key(home: Path) -> None:
    (home.parent / "result.key").unlink()


def lose_folder(home: Path) -> None:
    shutil.rmtree(home / "results")


HARMS = {
    truncate: "bytes",
    corrupt: "its content is not what was kept",
    swap_files: "its content is not what was kept",
    swap_rows: "belongs to another task run",
    unsign: "it is not signed",
    plant_evil_files: "bytes",
    forge_rows: "it was altered",
    forge_unsigned: "it is not signed",
    lose_key: "if the key file was lost or replaced, what was kept before is out of reach",
    lose_folder: "No such file",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JUPYTER_FLOWS_DIR", str(tmp_path / "flows"))
    monkeypatch.setenv("JUPYTER_FLOWS_RESULT_KEY_FILE", str(tmp_path / "result.key"))
    use_session(None)
    yield tmp_path / "flows"
    use_session(None)


@pytest.fixture
def ran(home: Path, caplog: pytest.LogCaptureFixture) -> Callable[[], tuple[str, list[str]]]:
    """Run the flow as a new process would; return whose task ran, and what was warned of."""

    def run() -> tuple[str, list[str]]:
        use_session(None)
        calls.clear()
        caplog.clear()
        assert both() == [("a" * 5000, "a"), ("b" * 5000, "b")]
        return "".join(calls), [record.getMessage() for record in caplog.records]

    assert run() == ("ab", [])
    assert run() == ("", [])
    return run


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_what_is_not_as_it_was_kept_is_not_there_and_its_task_runs_again(harm, home, ran):
    harm(home)
    again, warned = ran()
    assert again == "ab"
    assert len(warned) == 2  # one line for each task
    assert all("load runs again" in line and HARMS[harm] in line for line in warned)
    assert not (home / "marker").exists()
    assert ran() == ("", [])  # the new values are found


def test_the_evil_file_would_have_left_its_marker(tmp_path):
    pickle.loads(evil_file(tmp_path)).close()
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (threading.Lock, ["lock that made returned cannot be kept", "return plain data"]),
        (lambda: (number for number in [1]), ["the generator that made returned", "return a list of its items"]),
    ],
    ids=["lock", "generator"],
)
def test_a_value_without_a_serializer_goes_on_in_memory_and_is_told(make, said, home):
    @task(persist_result=True)
    def made():
        return make()

    @task
    def kind(value):
        return type(value)

    @flow
    def once():
        return kind(made())

    assert once() is type(make())
    assert_told(said)


FULL_DISK = """
    import resource, signal
    from jupyter_flows import flow, task

    @task(persist_result=True)
    def made():
        return bytearray(8_000_000)

    @flow
    def once():
        return len(made())

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, -1))
    assert once() == 8_000_000
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are told by resource")
def test_a_disk_that_is_full_ends_nothing_and_is_told(scripts, home):
    scripts.run(FULL_DISK, JUPYTER_FLOWS_DIR=str(home))
    assert_told(["the disk is full", "free some space"])
    assert [path for path in (home / "results").rglob("*") if path.is_file()] == []


def assert_told(said: list[str]) -> None:
    """The one run went well, its first task run says why its value is not kept, and so does the log."""
    reader = open_reader(load_settings())
    (run,) = reader.flow_runs(RunFilter())
    state = reader.task_runs(run.id)[0].state
    why = state.message.removeprefix("its value is not kept, so a resume runs it again: ")
    assert run.state.is_completed() and state.name == "Completed" and why != state.message
    assert [words for words in said if words not in why] == []
    assert any(why in line.message for line in reader.logs(run.id))
    assert reader.results(run.id) == []
    reader.close()
