"""Claims of due runs, inside the caller's transaction: of all runners one gets each run, and no limit is passed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jupyter_flows.model.deployments import SCHEDULE, DeploymentDefinition, DeploymentRun
from jupyter_flows.model.owner import Owner
from jupyter_flows.schedules import Overlap
from jupyter_flows.store import queue_statements as say
from jupyter_flows.store.deciding import OPEN_OF_SCHEDULE
from jupyter_flows.store.taken_slots import TakenSlots, read_line

_DUE = f"{say.SELECT_QUEUED} WHERE runner_id IS NULL AND done_at IS NULL AND due_at <= ? ORDER BY priority DESC, due_at"
_CLAIM = (
    "UPDATE deployment_runs SET runner_id = ?, claimed_at = ? "
    "WHERE run_id = ? AND runner_id IS NULL AND done_at IS NULL"
)
_ACTIVE = "SELECT count(*) FROM deployment_runs WHERE deployment_id = ? AND runner_id IS NOT NULL AND done_at IS NULL"
_FIRST_TICK = f"SELECT min(q.tick) {OPEN_OF_SCHEDULE}"
_OVERLAP = "SELECT overlap FROM schedules WHERE id = ?"
_LIMITS = "SELECT name, slots FROM limits"
_TAKE = (
    "INSERT OR REPLACE INTO limit_slots "
    "(limit_name, run_id, number, slots, host, boot_id, pid, process_started, lease_until) "
    "VALUES (?, ?, 0, 1, ?, ?, ?, ?, ?)"
)
_INFINITE = float("inf")
_DEPLOYMENT, _ORIGIN, _OF, _TICK = map(say.QUEUED.index, ("deployment_id", "origin", "schedule_id", "tick"))

Wanted = Callable[[DeploymentRun], bool]
Definitions = Callable[[str, int], DeploymentDefinition | None]


class Claim(NamedTuple):
    """A run that a runner is to execute now.

    Parameters
    ----------
    definition
        Of its deployment, at the version that the run was made from; None where that is gone.
    """

    run: DeploymentRun
    definition: DeploymentDefinition | None


def claim_due(
    connection: sqlite3.Connection,
    runner: Owner,
    at: float,
    most: int,
    lease_until: float,
    definitions: Definitions,
    settings_limits: Mapping[str, int],
    wanted: Wanted | None = None,
) -> list[Claim]:
    """Claim due runs: the highest priority first, then the longest due.

    Parameters
    ----------
    connection
        A write transaction is open on it.
    at
        Now, in seconds since the epoch; a run that is due later is never claimed.
    most
        How many runs to claim.
    lease_until
        How long the slots of limits last without a word of their holder.
    definitions
        Gives a deployment's definition at a version.
    settings_limits
        Slots of limits that the store does not name.
    wanted
        Tells which runs may be claimed; any when not given.
    """
    room = _Room(connection, definitions, settings_limits, at)
    chosen: list[Claim] = []
    for row in connection.execute(_DUE, (at,)):
        if room.is_known_to_wait(row):
            continue
        run = DeploymentRun(**dict(zip(say.QUEUED, row, strict=True)))
        if (wanted is None or wanted(run)) and room.takes(run):
            chosen.append(Claim(run, room.definition(run)))
            if len(chosen) >= most:
                break
    # Written when all are chosen: the choice walks along the very index that this changes.
    for run, _ in chosen:
        connection.execute(_CLAIM, (runner.token, at, run.run_id))
        for name in room.limits_of(run):
            holder = (runner.host, runner.boot_id, runner.pid, runner.process_started)
            connection.execute(_TAKE, (name, run.run_id, *holder, lease_until))
    return chosen


class _Room:
    """What else may be executed now; each fact is read at most once."""

    def __init__(
        self, connection: sqlite3.Connection, definitions: Definitions, settings_limits: Mapping[str, int], now: float
    ) -> None:
        self._connection, self._definitions, self._now = connection, definitions, now
        self._slots = {**settings_limits, **dict(connection.execute(_LIMITS))}
        self._taken: dict[str, TakenSlots] = {}
        self._active: dict[str, int] = {}
        self._overlaps: dict[str, str] = {}
        self._first: dict[str, float] = {}
        self._full: set[str] = set()

    def is_known_to_wait(self, row: tuple[Any, ...]) -> bool:
        """Whether a run of the queue waits for the same reason as one before it: of thousands one is looked at."""
        if row[_DEPLOYMENT] in self._full:
            return True
        return row[_ORIGIN] == SCHEDULE and row[_TICK] is not None and row[_TICK] > self._first.get(row[_OF], _INFINITE)

    def takes(self, run: DeploymentRun) -> bool:
        """Whether there is room for a run; what it takes of it is noted."""
        if self._is_full(run) or self._waits_for_earlier(run) or not self._takes_slots(run):
            return False
        self._active[run.deployment_id] = self._active.get(run.deployment_id, 0) + 1
        return True

    def definition(self, run: DeploymentRun) -> DeploymentDefinition | None:
        """What the run is made from."""
        return self._definitions(run.deployment_id, run.version)

    def limits_of(self, run: DeploymentRun) -> list[str]:
        """The limits that a run takes a slot of: those it names, and those that are named as one of its tags."""
        if not self._slots:
            return []
        return sorted(limit_names(self.definition(run), run).intersection(self._slots))

    def _is_full(self, run: DeploymentRun) -> bool:
        definition = self.definition(run)
        if definition is None or not definition.max_active:
            return False
        if run.deployment_id not in self._active:
            self._active[run.deployment_id] = self._number(_ACTIVE, run.deployment_id)
        if self._active[run.deployment_id] >= definition.max_active:
            self._full.add(run.deployment_id)
        return run.deployment_id in self._full

    def _waits_for_earlier(self, run: DeploymentRun) -> bool:
        """Whether a run of an earlier tick of its schedule is not done; other runs never wait for one another."""
        schedule = run.schedule_id
        if run.origin != SCHEDULE or schedule is None or run.tick is None:
            return False
        if schedule not in self._overlaps:
            found = self._connection.execute(_OVERLAP, (schedule,)).fetchone()
            self._overlaps[schedule] = found[0] if found else Overlap.ALLOW
        if self._overlaps[schedule] not in {Overlap.QUEUE, Overlap.CANCEL}:
            return False
        if schedule not in self._first:
            first = self._number(_FIRST_TICK, run.deployment_id, schedule, schedule)
            self._first[schedule] = _INFINITE if first is None else first
        return run.tick > self._first[schedule]

    def _takes_slots(self, run: DeploymentRun) -> bool:
        """Take a slot of each of its limits, or none."""
        names = self.limits_of(run)
        for position, name in enumerate(names):
            if name not in self._taken:
                self._taken[name] = read_line(self._connection, name, self._now).taken
            if not self._taken[name].take(run.run_id, 0, 1, self._slots[name]):
                for taken in names[:position]:
                    self._taken[taken].add(run.run_id, 0, -1)
                return False
        return True

    def _number(self, statement: str, *values: object) -> Any:
        return self._connection.execute(statement, values).fetchone()[0]


def limit_names(definition: DeploymentDefinition | None, run: DeploymentRun) -> set[str]:
    """The names of which a run takes a slot each, where there are limits of these names."""
    names = {*definition.limits, *definition.tags} if definition is not None else set[str]()
    return names if run.backfill is None else {*names, backfill_limit(run.backfill)}


def backfill_limit(backfill: str) -> str:
    """The name of the limit that bounds how many runs of a backfill are executed at a time."""
    return f"backfill:{backfill}"


__all__ = ["Claim", "backfill_limit", "claim_due", "limit_names"]
