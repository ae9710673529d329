"""Slots that processes share: never more than there are, and those of the dead are free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_flows.model.slots import SlotPlace
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_slots
from jupyter_flows.store.connection import connect
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.shared_slots import SqliteSlots

NOW, LEASE = 1_800_000_000.0, 1_800_000_020.0
ME = this_owner("me")
GONE = replace(ME, process_started="1", token="gone")
FAR = replace(ME, host="another-machine", pid=7, token="far")
DB = (("db", 1),)
A, B, C = SlotPlace("a", 1), SlotPlace("b", 1), SlotPlace("c", -1)


@pytest.fixture
def slots(tmp_path: Path) -> Iterator[SqliteSlots]:
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_LIMITS": "db=1,api=2"})
    opened = open_slots(settings)
    assert isinstance(opened, SqliteSlots)
    yield opened
    opened.close()


def write(slots: SqliteSlots, statement: str) -> None:
    connection = connect(slots.file.path)
    connection.execute(statement)
    connection.close()


def rows(slots: SqliteSlots) -> list[tuple[str, str, int]]:
    return slots.file.read("SELECT limit_name, run_id, slots FROM limit_slots ORDER BY 1, 2")


def test_the_store_names_limits_and_the_settings_the_rest(slots: SqliteSlots):
    write(slots, f"INSERT INTO limits VALUES ('db', 5, {NOW}), ('gpu', 1, {NOW})")
    assert slots.sizes() == {"db": 5, "api": 2, "gpu": 1}


def test_who_finds_no_room_has_a_place_in_the_line(slots: SqliteSlots):
    assert slots.take(A, DB, ME, NOW, LEASE)
    assert not slots.has_room(B, DB, NOW)
    assert not slots.take(B, DB, ME, NOW, LEASE)
    assert rows(slots) == [("db", "a", 1), ("db", "b", 0)]
    assert not slots.others_wait(DB, ME, NOW)
    assert slots.others_wait(DB, FAR, NOW)
    slots.give(A)
    assert slots.has_room(B, DB, NOW)
    assert slots.take(B, DB, ME, NOW, LEASE)
    assert rows(slots) == [("db", "b", 1)]


def test_slots_of_several_limits_are_taken_together_or_not_at_all(slots: SqliteSlots):
    assert slots.take(A, DB, ME, NOW, LEASE)
    assert not slots.take(B, (("api", 2), ("db", 1)), ME, NOW, LEASE)
    assert slots.take(C, (("api", 2), ("nowhere", 9)), ME, NOW, LEASE)
    assert rows(slots) == [("api", "b", 0), ("api", "c", 2), ("db", "a", 1), ("db", "b", 0)]


@pytest.mark.parametrize(("owner", "at", "free"), [(GONE, NOW, True), (FAR, NOW, False), (FAR, LEASE + 1, True)])
def test_slots_of_a_dead_process_are_free(slots: SqliteSlots, owner, at, free):
    assert slots.take(A, DB, owner, NOW, LEASE)
    assert slots.take(B, DB, ME, at, at + 20) is free
    assert len(rows(slots)) == (1 if free else 2)


def test_a_renewed_lease_keeps_them(slots: SqliteSlots):
    assert slots.take(A, DB, FAR, NOW, LEASE)
    slots.renew([A], LEASE + 20)
    assert not slots.has_room(B, DB, LEASE + 1)


@pytest.mark.parametrize(("owner", "is_free"), [(None, True), (GONE, True), (ME, False)])
def test_a_runs_slots_outlive_the_runner_that_took_them_with_the_runs_own_process(slots: SqliteSlots, owner, is_free):
    write(
        slots,
        "INSERT INTO flow_runs (id, name, flow, kind, serial, version, parameters, tags, parent_number, state_kind, "
        "state_name, state_at, state_version, attempts, created_at) "
        "VALUES ('a', 'a', 'f', 'flow', 1, '', '', '', 0, 'running', 'Running', 1, 1, 1, 1)",
    )
    if owner is not None:
        write(
            slots,
            f"UPDATE flow_runs SET owner_host = '{owner.host}', owner_boot_id = '{owner.boot_id}', "
            f"owner_pid = {owner.pid}, owner_process_started = '{owner.process_started}'",
        )
    assert slots.take(SlotPlace("a", 0), DB, GONE, NOW, LEASE)
    assert slots.has_room(B, DB, NOW) is is_free


def test_it_is_told_when_somebody_else_has_written(slots: SqliteSlots):
    slots.changed()
    slots.take(A, DB, ME, NOW, LEASE)
    assert not slots.changed()
    write(slots, "UPDATE limit_slots SET lease_until = 5")
    assert [slots.changed(), slots.changed()] == [True, False]


def test_a_store_that_ends_with_its_process_shares_nothing(tmp_path: Path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_DATABASE_URL": "memory:"})
    assert open_slots(settings) is None
