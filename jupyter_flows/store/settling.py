"""What follows when nobody executes a claimed run any more, inside the caller's transaction."""

from __future__ import annotations

import enum
import sqlite3
from typing import NamedTuple

from jupyter_flows.model.owner import Owner
from jupyter_flows.store.waiting_end import GIVE_SLOTS

_STANDS = (
    "SELECT q.runner_id, f.state_kind, f.state_name, f.attempts, f.ended_at, f.owner_host, f.owner_boot_id, "
    "f.owner_pid, f.owner_process_started, f.owner_token, f.lease_until "
    "FROM deployment_runs q LEFT JOIN flow_runs f ON f.id = q.run_id WHERE q.run_id = ? AND q.done_at IS NULL"
)
_FREE = "UPDATE deployment_runs SET runner_id = NULL, claimed_at = NULL, due_at = ? WHERE run_id = ?"
_RELEASE = "UPDATE deployment_runs SET runner_id = NULL, claimed_at = NULL WHERE run_id = ?"
_DONE = "UPDATE deployment_runs SET done_at = ? WHERE run_id = ?"
_ADOPT = "UPDATE deployment_runs SET runner_id = ? WHERE run_id = ? AND runner_id = ? AND done_at IS NULL"
# Of runners that have ended or that somebody found dead, and of the one that asks.
_CLAIMED = (
    "SELECT q.run_id, q.runner_id FROM deployment_runs q LEFT JOIN runners r ON r.id = q.runner_id "
    "WHERE q.done_at IS NULL AND q.runner_id IS NOT NULL AND (r.id IS NULL OR r.stopped_at IS NOT NULL OR r.id = ?)"
)


class Settled(enum.StrEnum):
    """What became of a claim."""

    DONE = "done"
    AGAIN = "again"  # its next attempt waits in the queue
    RELEASED = "released"  # nobody had begun it: it waits as before
    RUNNING = "running"  # somebody still executes it
    ELSEWHERE = "elsewhere"  # another runner's, or done already


class Standing(NamedTuple):
    """How a claimed run stands.

    Parameters
    ----------
    owner
        Whose process executes it, or did last; None before the first attempt.
    """

    runner_id: str | None
    kind: str
    name: str
    attempts: int
    ended_at: float | None
    owner: Owner | None
    lease_until: float

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has begun it."""
        return self.owner is None and self.ended_at is None and self.kind == "scheduled"


def standing(connection: sqlite3.Connection, run_id: str) -> Standing | None:
    """Return how a run stands; None for one that is done, or that is no run of a deployment."""
    row = connection.execute(_STANDS, (run_id,)).fetchone()
    if row is None:
        return None
    runner_id, kind, name, attempts, ended_at, host, boot_id, pid, started, token, lease_until = row
    owner = None if host is None else Owner(host, boot_id or "", pid or 0, started or "", token or "")
    return Standing(runner_id, kind or "", name or "", attempts or 0, ended_at, owner, lease_until or 0.0)


def settle(
    connection: sqlite3.Connection, run_id: str, holder: str, at: float, *, retries: int, delay: float, hand_back: bool
) -> Settled:
    """Settle a run that its runner executes no longer.

    Parameters
    ----------
    holder
        The runner that claimed it; where that is another one now, nothing is done.
    retries, delay
        How many further attempts a failed or crashed run has, and after how many seconds.
    hand_back
        Whether an attempt that was stopped for the runner's sake is begun again by whoever has time.
    """
    stands = standing(connection, run_id)
    if stands is None or stands.runner_id != holder:
        return Settled.ELSEWHERE
    if stands.is_waiting:
        _let_go(connection, run_id, _RELEASE, run_id)
        return Settled.RELEASED
    if stands.kind and stands.ended_at is None and stands.name != "Suspended":
        return Settled.RUNNING
    interrupted = hand_back and stands.kind == "crashed"
    if interrupted or (stands.kind in {"failed", "crashed"} and stands.attempts <= retries):
        _let_go(connection, run_id, _FREE, at if interrupted else at + delay, run_id)
        return Settled.AGAIN
    _let_go(connection, run_id, _DONE, at, run_id)
    return Settled.DONE


def open_claims(connection: sqlite3.Connection, runner_id: str) -> list[tuple[str, str]]:
    """Return which runs a runner, and those that are not there any more, have claimed: each with who has.

    No transaction is needed.
    """
    return connection.execute(_CLAIMED, (runner_id,)).fetchall()


def adopt(connection: sqlite3.Connection, run_id: str, before: str, runner_id: str) -> bool:
    """Let a runner have a claim of one that is not there any more; False where somebody else was first."""
    return bool(connection.execute(_ADOPT, (runner_id, run_id, before)).rowcount)


def _let_go(connection: sqlite3.Connection, run_id: str, statement: str, *values: object) -> None:
    connection.execute(statement, values)
    connection.execute(GIVE_SLOTS, (run_id,))


__all__ = ["Settled", "Standing", "adopt", "open_claims", "settle", "standing"]
