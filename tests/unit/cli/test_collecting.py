from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader

pytestmark = pytest.mark.usefixtures("runs")


def put_folder(run: dict, folder: Path) -> None:
    """Give a run of the store a folder with one file."""
    folder.mkdir(parents=True)
    (folder / "big.html").write_bytes(b"x" * 5000)
    path = load_settings().database_path or ""
    with sqlite3.connect(path) as connection:
        connection.execute("update flow_runs set directory = ? where id = ?", (str(folder), run["id"]))
    connection.close()


def test_gc_keeps_the_newest_and_removes_the_folders_of_the_rest(as_json, data_dir):
    newest, middle, oldest = as_json("ls")["runs"]
    folder = load_settings().runs_dir / oldest["id"]
    put_folder(oldest, folder)

    said = as_json("gc", "--keep", "1")

    assert set(said["runs"]) == {middle["id"], oldest["id"]}
    assert said["folders"] == [str(folder)] and not folder.exists()
    assert said["bytes_freed"] >= 5000
    assert [run["id"] for run in as_json("ls")["runs"]] == [newest["id"]]


def test_gc_dry_run_removes_nothing(as_json, cli):
    code, out, _ = cli("gc", "--keep", "0", "--dry-run")
    assert code == 0 and out.startswith("would remove 3 runs")
    assert len(as_json("ls")["runs"]) == 3


def test_gc_never_removes_a_folder_outside_the_runs_directory(as_json, tmp_path):
    run = as_json("ls")["runs"][0]
    precious = tmp_path / "precious"
    put_folder(run, precious)

    said = as_json("gc", "--keep", "0")

    assert said["kept_folders"] == [str(precious)]
    assert (precious / "big.html").exists()


@pytest.mark.parametrize("name", [".", "..", "../../precious", "link"])
def test_gc_follows_no_path_out_of_the_runs_directory(as_json, tmp_path, name):
    run = as_json("ls")["runs"][0]
    runs_dir = load_settings().runs_dir
    target = tmp_path / "target"
    put_folder(run, target)
    runs_dir.mkdir(parents=True, exist_ok=True)
    (runs_dir / "link").symlink_to(target)
    with sqlite3.connect(load_settings().database_path or "") as connection:
        connection.execute("update flow_runs set directory = ? where id = ?", (str(runs_dir / name), run["id"]))
    connection.close()

    said = as_json("gc", "--keep", "0")

    assert said["folders"] == []
    assert (target / "big.html").exists() and runs_dir.exists()


def test_gc_by_days_keeps_what_is_recent(as_json):
    old = as_json("ls")["runs"][-1]
    with sqlite3.connect(load_settings().database_path or "") as connection:
        connection.execute("update flow_runs set ended_at = ended_at - 3 * 86400 where id = ?", (old["id"],))
    connection.close()

    assert as_json("gc", "--days", "4")["runs"] == []
    assert as_json("gc", "--days", "2")["runs"] == [old["id"]]


def test_gc_forgets_ticks_and_keeps_a_run_that_waits_for_its_next_attempt(as_json, cli):
    first, second, third = as_json("ls")["runs"]
    with sqlite3.connect(load_settings().database_path or "") as connection:
        connection.execute(f"insert into ticks values ('s', 1.0, '{first['id']}', 'run', null, 1.0)")
        connection.execute("insert into ticks values ('s', 2.0, null, 'missed', null, 2.0)")
        queued = "insert into deployment_runs (run_id, deployment_id, version, origin, due_at, priority)"
        connection.execute(f"{queued} values ('{second['id']}', 'd', 1, 'manual', 9e9, 0)")
    connection.close()

    assert cli("gc", "--keep", "0", "--dry-run")[1].startswith("would remove 2 runs, 0 folders and 2 ticks")
    said = as_json("gc", "--keep", "0")

    assert (set(said["runs"]), said["ticks"]) == ({first["id"], third["id"]}, 2)
    assert [run["id"] for run in as_json("ls")["runs"]] == [second["id"]]


def test_gc_deletes_the_rows(as_json):
    as_json("gc", "--keep", "0")
    store = open_reader(load_settings())
    assert set(store.counts().values()) <= {0, 1}
    store.close()
    shutil.rmtree(load_settings().runs_dir, ignore_errors=True)


def test_gc_removes_what_a_manifest_lists_from_a_bucket(cli, data_dir, monkeypatch):
    import fsspec

    from jupyter_flows import flow, task
    from jupyter_flows.services.manifest import Manifest
    from jupyter_flows.wiring import result_store, use_session

    monkeypatch.setenv("JUPYTER_FLOWS_RESULTS_URL", "memory://gc-of-manifests")
    use_session(None)
    files = fsspec.filesystem("memory")

    @task(persist_result=True)
    def cell() -> dict:
        value = result_store().write(tuple(range(5000)), "some-run", 1, None, None)
        assert value.location
        return Manifest("digest", {"rows": value}).as_json()

    @task(persist_result=True)
    def plain() -> tuple:
        return tuple(range(5000))

    @flow
    def both() -> None:
        cell()
        plain()

    both()
    assert len(files.find("/gc-of-manifests")) == 2
    assert cli("gc", "--keep", "0")[0] == 0
    assert files.find("/gc-of-manifests") == []
