"""Runners in the store, inside the caller's transaction: who is there, and who is not any more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from jupyter_flows.model.owner import Owner
from jupyter_flows.store.liveness import owner_is_dead

_REGISTER = (
    "INSERT INTO runners (id, host, boot_id, pid, process_started, workers, started_at, lease_until, serves) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_RENEW = "UPDATE runners SET lease_until = ? WHERE id = ? AND stopped_at IS NULL"
_RENEW_SLOTS = (
    "UPDATE limit_slots SET lease_until = ? WHERE run_id IN "
    "(SELECT run_id FROM deployment_runs WHERE runner_id = ? AND done_at IS NULL)"
)
_STOP = "UPDATE runners SET stopped_at = ? WHERE id = ? AND stopped_at IS NULL"
_STOP_DEAD = f"{_STOP} AND lease_until = ?"
_OTHERS = (
    "SELECT id, host, boot_id, pid, process_started, lease_until FROM runners WHERE stopped_at IS NULL AND id <> ?"
)


def register(
    connection: sqlite3.Connection,
    runner: Owner,
    workers: int,
    at: float,
    lease_until: float,
    serves: Collection[str] | None = None,
) -> None:
    """Write down that a runner is there, for some deployments or for all; its token is its id."""
    who = (runner.token, runner.host, runner.boot_id, runner.pid, runner.process_started)
    served = None if serves is None else json.dumps(sorted(serves))
    connection.execute(_REGISTER, (*who, workers, at, lease_until, served))


def renew(connection: sqlite3.Connection, runner_id: str, lease_until: float) -> bool:
    """Renew a runner's lease and that of the slots its runs hold; False where others took it for dead."""
    if not connection.execute(_RENEW, (lease_until, runner_id)).rowcount:
        return False
    connection.execute(_RENEW_SLOTS, (lease_until, runner_id))
    return True


def stop(connection: sqlite3.Connection, runner_id: str, at: float) -> None:
    """Write down that a runner has ended."""
    connection.execute(_STOP, (at, runner_id))


def find_dead(connection: sqlite3.Connection, runner_id: str, now: float) -> list[tuple[str, float]]:
    """Return the id and lease of each other runner that can never claim again; no transaction is needed."""
    dead: list[tuple[str, float]] = []
    for found, host, boot_id, pid, started, lease_until in connection.execute(_OTHERS, (runner_id,)):
        if owner_is_dead(Owner(host, boot_id, pid, started, found), lease_until, now):
            dead.append((found, lease_until))
    return dead


def stop_dead(connection: sqlite3.Connection, dead: list[tuple[str, float]], at: float) -> list[str]:
    """Write down that runners are dead, unless they have said otherwise since; return which."""
    return [
        runner_id
        for runner_id, lease_until in dead
        if connection.execute(_STOP_DEAD, (at, runner_id, lease_until)).rowcount
    ]


__all__ = ["find_dead", "register", "renew", "stop", "stop_dead"]
