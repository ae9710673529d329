"""The plain statements of the writer, the tables and the migrations tell the same story."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects import sqlite

from jupyter_flows.model.records import ArtifactKept, FailureRecorded, LogWritten, StateEntered
from jupyter_flows.store import columns, reading_statements, revision, statements, tables
from jupyter_flows.store.schema import prepare

INSERTS = [
    (tables.flow_runs, statements.INSERT_FLOW_RUN, {"cancel_requested_at"}),
    (tables.task_runs, statements.INSERT_TASK_RUN, set[str]()),
    (tables.states, statements.INSERT_STATE, set[str]()),
    (tables.failures, statements.INSERT_FAILURE, set[str]()),
    (tables.logs, statements.INSERT_LOG, {"id"}),
    (tables.artifacts, statements.INSERT_ARTIFACT, set[str]()),
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    prepare(tmp_path / "flows.db")
    return tmp_path / "flows.db"


def inserted(statement: str) -> set[str]:
    match = re.match(r"INSERT (?:OR REPLACE )?INTO (\w+) \(([^)]*)\)", statement)
    assert match is not None, statement
    return {name.strip(' "') for name in match[2].split(",")}


@pytest.mark.parametrize(("table", "statement", "left_out"), INSERTS, ids=lambda value: getattr(value, "name", ""))
def test_each_insert_names_every_column_of_its_table(table: sa.Table, statement: str, left_out: set[str]):
    names = [column.name for column in table.columns if column.name not in left_out]
    compiled = str(table.insert().values(dict.fromkeys(names)).compile(dialect=sqlite.dialect()))
    assert inserted(compiled) == inserted(statement)


def test_wide_statements_insert_the_same_columns_many_times():
    for one, wide in (
        (statements.INSERT_TASK_RUN, statements.WIDE_TASK_RUNS),
        (statements.INSERT_STATE, statements.WIDE_STATES),
        (statements.INSERT_LOG, statements.WIDE_LOGS),
    ):
        assert inserted(one) == inserted(wide)
        assert wide.count("?") == one.count("?") * statements.WIDE


def test_records_that_are_bound_as_they_are_have_the_columns_order():
    renamed = {"run_id": "flow_run_id"}
    for record, names in (
        (StateEntered, (*columns.STATES, "value")),  # the value is kept with the run itself
        (FailureRecorded, columns.FAILURES),
        (LogWritten, columns.LOGS),
        (ArtifactKept, columns.ARTIFACTS),
    ):
        assert tuple(renamed.get(name, name) for name in record._fields) == names


def test_every_statement_can_be_prepared_on_a_fresh_store(store: Path):
    connection = sqlite3.connect(store)
    for name, statement in (*vars(statements).items(), *vars(reading_statements).items()):
        if name.isupper() and isinstance(statement, str) and not name.startswith("_"):
            connection.execute(f"EXPLAIN {statement}", [None] * statement.count("?"))
    connection.close()


def test_what_is_read_is_every_column_of_its_table():
    for table, names in (
        (tables.flow_runs, columns.ALL_OF_FLOW_RUNS),
        (tables.run_inputs, columns.RUN_INPUTS),
        (tables.results, columns.RESULTS),
    ):
        assert set(names) == {column.name for column in table.columns}
    assert tuple(column.name for column in tables.task_runs.columns) == columns.TASK_RUNS  # taken apart by their order


def test_the_migrations_lead_to_the_tables(store: Path):
    engine = sa.create_engine(f"sqlite:///{store}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        indexes = {
            row.name: row.sql for row in connection.execute(sa.text("SELECT name, sql FROM sqlite_master")) if row.sql
        }
        (vacuum,) = connection.execute(sa.text("PRAGMA auto_vacuum")).one()
        (journal,) = connection.execute(sa.text("PRAGMA journal_mode")).one()
        (version,) = connection.execute(sa.text("SELECT version_num FROM alembic_version")).one()
    assert "WHERE kind <> 'task'" in indexes["ix_flow_runs_listed"]
    assert "WITHOUT ROWID" in indexes["task_runs"]
    assert "WITHOUT ROWID" in indexes["states"]
    assert (vacuum, journal, version) == (2, "wal", revision.HEAD)


def test_the_known_revisions_are_those_of_the_migration_folder():
    scripts = Path(tables.__file__).parent / "migrations" / "versions"
    assert tuple(sorted(path.name.partition("_")[0] for path in scripts.glob("*.py"))) == revision.KNOWN


def test_lists_use_their_index_instead_of_sorting_all_runs(store: Path):
    from jupyter_flows.model.runs import RunFilter
    from jupyter_flows.store.run_listing import listing

    connection = sqlite3.connect(store)
    for wanted, index in (
        (RunFilter(), "ix_flow_runs_listed"),
        (RunFilter(standalone=True), "ix_flow_runs_newest"),
    ):
        query, values = listing(wanted)
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query} LIMIT 50", values))
        assert index in plan
        assert "TEMP B-TREE" not in plan
    connection.close()
