from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from jupyter_flows.settings import load_settings
from jupyter_flows.store.backfill_queue import add_backfill
from jupyter_flows.store.connection import connect
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.location import open_queue

Cli = Callable[..., tuple[int, str, str]]


def hold(limit: str, run_id: str, pid: int | None = None) -> None:
    owner = this_owner("t")
    path = load_settings().database_path
    assert path is not None
    connection = connect(path)
    values = (limit, run_id, 0, 2, owner.host, owner.boot_id, pid or owner.pid, owner.process_started, time.time() + 60)
    connection.execute("INSERT INTO limit_slots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    connection.close()


def test_a_limit_is_set_changed_listed_and_deleted(cli: Cli, as_json):
    assert "No limit yet" in cli("limits", "ls")[1]
    assert cli("limits", "set", "database", "1")[1] == "database has 1 slot\n"
    assert cli("limits", "set", "database", "3")[1] == "database has now 3 slots\n"
    assert as_json("limits", "ls")["limits"] == [
        {"name": "database", "slots": 3, "taken": 0, "holders": [], "source": "store"}
    ]
    assert cli("limits", "delete", "database")[1] == "database is deleted\n"
    assert as_json("limits", "ls") == {"limits": []}


def test_who_holds_slots_is_listed_unless_dead(cli: Cli, as_json):
    cli("limits", "set", "database", "3")
    hold("database", "abcdefgh1")
    hold("database", "abcdefgh2", pid=2**22 + 1)
    (one,) = as_json("limits", "ls")["limits"]
    assert (one["taken"], [holder["run_id"] for holder in one["holders"]]) == (2, ["abcdefgh1"])
    assert cli("limits", "ls")[1].splitlines()[1].split() == ["database", "3", "2", "abcdefgh"]


def test_limits_of_the_settings_are_listed_unless_the_store_has_them(as_json, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_LIMITS", "api=5,database=2")
    as_json("limits", "set", "database", "1")
    assert [(one["name"], one["slots"], one["source"]) for one in as_json("limits", "ls")["limits"]] == [
        ("database", 1, "store"),
        ("api", 5, "settings"),
    ]


def test_limits_of_backfills_are_not_listed(as_json):
    with open_queue(load_settings()) as queue:
        add_backfill(queue, "b1", [], 2, 1.0)
    assert as_json("limits", "ls") == {"limits": []}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["limits", "delete", "databse"], "did you mean 'database'?"),
        (["limits", "set", "x", "-1"], "--help"),
        (["limits", "set", "x", "many"], "from 0 up"),
        (["limits", "set", "", "1"], "printable"),
        (["limits", "set", "a\x1b[31m", "1"], "printable"),
        (["limits"], "--help"),
    ],
)
def test_what_cannot_be_meant_is_one_line(cli: Cli, argv, said):
    cli("limits", "set", "database", "1")
    code, out, err = cli(*argv)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert "\x1b" not in err
