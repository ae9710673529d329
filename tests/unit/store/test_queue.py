from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from jupyter_flows.errors import NeedsStoreFile, StoreUnavailable
from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_queue
from jupyter_flows.store import queue_statements as say
from jupyter_flows.store.store_file import StoreFile
from jupyter_flows.store.tables import deployment_runs


def test_the_fixed_statements_name_every_column_of_the_table():
    assert set(say.QUEUED) == {column.name for column in deployment_runs.columns}
    assert set(say.QUEUED) == {one.name for one in fields(DeploymentRun)}


@pytest.mark.parametrize("name", [name for name in say.__all__ if name != "QUEUED"])
def test_every_fixed_statement_can_be_prepared(name: str, tmp_path: Path):
    statement = getattr(say, name)
    with open_queue(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})) as queue:
        queue.file.read(f"EXPLAIN {statement}", *[None] * statement.count("?"))


def test_a_store_in_memory_has_no_queue():
    with pytest.raises(NeedsStoreFile, match="wait for a runner"):
        open_queue(load_settings({"JUPYTER_FLOWS_DATABASE_URL": "memory:"}))


def test_what_fails_within_a_transaction_writes_nothing(tmp_path: Path):
    with open_queue(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})) as queue:
        before = queue.file.read("SELECT count(*) FROM limits")

        def write() -> None:
            with queue.file.writing() as connection:
                connection.execute("INSERT INTO limits VALUES ('db', 1, 1.0)")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write()
        assert queue.file.read("SELECT count(*) FROM limits") == before


def test_another_connection_s_writes_are_noticed_and_one_s_own_are_not(tmp_path: Path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    with open_queue(settings) as one, open_queue(settings) as two:
        seen = one.file.data_version()
        with one.file.writing() as connection:
            connection.execute("INSERT INTO limits VALUES ('db', 1, 1.0)")
        assert one.file.data_version() == seen
        with two.file.writing(durable=True) as connection:
            connection.execute("DELETE FROM limits")
        assert one.file.data_version() != seen


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        StoreFile(tmp_path / "none.db", 1.0)
