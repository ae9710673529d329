"""How many slots of a limit are taken, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from jupyter_flows.model.owner import Owner
from jupyter_flows.store.liveness import owner_is_dead

_ROWS = (
    "SELECT s.run_id, s.number, s.slots, s.host, s.boot_id, s.pid, s.process_started, s.lease_until, "
    "f.owner_host, f.owner_boot_id, f.owner_pid, f.owner_process_started, f.lease_until, f.ended_at "
    "FROM limit_slots s LEFT JOIN flow_runs f ON f.id = s.run_id WHERE s.limit_name = ?"
)
_PARENT = "SELECT parent_run_id FROM flow_runs WHERE id = ?"


class TakenSlots:
    """A count of slots that flow runs and what they call have taken of one limit.

    A flow run that holds slots as a whole shares them with all that it calls: its task runs and the runs below it take
    more only where they need more at a time than the run has. Else a task could wait for its own flow run.

    Parameters
    ----------
    parent
        Gives the flow run that called another one; None for one that none has called.

    Attributes
    ----------
    used
        How many slots are taken.
    """

    def __init__(self, parent: Callable[[str], str | None]) -> None:
        self._parent = parent
        self._wholes = defaultdict[str, int](int)  # flow run -> slots that it holds as a whole
        self._parts = defaultdict[str, int](int)  # flow run -> slots of all that it calls
        self._totals = defaultdict[str, int](int)
        self.used = 0

    def add(self, run_id: str, number: int, slots: int) -> None:
        """Count slots of a holder; fewer than none are taken back."""
        (self._parts if number else self._wholes)[run_id] += slots
        run: str | None = run_id
        while (more := max(self._wholes[run], self._parts[run]) - self._totals[run]) != 0:
            self._totals[run] += more
            run = self._parent(run)
            if run is None:
                self.used += more
                return
            self._parts[run] += more

    def take(self, run_id: str, number: int, slots: int, size: int) -> bool:
        """Count slots; False, and nothing is counted, where a limit of this size has no room for them."""
        before = self.used
        self.add(run_id, number, slots)
        if before < self.used and self.used > size:
            self.add(run_id, number, -slots)
            return False
        return True


class Line(NamedTuple):
    """A limit as its holders have it.

    Parameters
    ----------
    taken
        By those that live.
    dead
        Run and number of the task runs, and blocks of code, that have a row and whose process is dead.
    waiting
        Machine and number of the processes that wait for slots.
    """

    taken: TakenSlots
    dead: list[tuple[str, int]]
    waiting: set[tuple[str, int]]


def read_line(connection: sqlite3.Connection, limit: str, now: float) -> Line:
    """Read who holds slots of a limit and who waits, at a time in seconds since the epoch."""
    line = Line(TakenSlots(lambda run_id: _parent(connection, run_id)), [], set())
    for run_id, number, slots, *who in connection.execute(_ROWS, (limit,)).fetchall():
        if holder_is_dead(number, who, now):
            if number:
                line.dead.append((run_id, number))
        elif slots:
            line.taken.add(run_id, number, slots)
        else:
            line.waiting.add((who[0], who[2]))
    return line


def holder_is_dead(number: int, who: Sequence[Any], now: float) -> bool:
    """Tell whether nobody is left who could give slots back.

    Parameters
    ----------
    number
        Of the holder; 0 for a flow run as a whole, whose slots its runner has taken: it may outlive that runner.
    who
        Host, boot id, process, its start and lease of who took them; the same of the flow run's owner, and its end.
    now
        Seconds since the epoch.
    """
    host, boot_id, pid, started, lease_until, *run = who
    if not owner_is_dead(Owner(host, boot_id, pid, started, ""), lease_until, now):
        return False
    host, boot_id, pid, started, lease_until, ended_at = run
    if number or ended_at is not None or host is None:
        return True
    return owner_is_dead(Owner(host, boot_id or "", pid or 0, started or "", ""), lease_until or 0.0, now)


def _parent(connection: sqlite3.Connection, run_id: str) -> str | None:
    found = connection.execute(_PARENT, (run_id,)).fetchone()
    return found[0] if found else None


__all__ = ["Line", "TakenSlots", "holder_is_dead", "read_line"]
