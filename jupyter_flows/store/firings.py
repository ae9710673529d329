"""What automations decided to do, in the store's file: each decision is written once, whichever runner comes first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_flows.automations.deciding import Firing, Standing
from jupyter_flows.automations.stored import event_from, event_json
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.store.automations import FileMark, write_file, write_standing
from jupyter_flows.store.queue import insert_run
from jupyter_flows.store.store_file import StorePart

_TURN = "UPDATE automation_turns SET seen = ?, turn = turn + 1 WHERE turn = ?"
_INSERT = (
    "INSERT OR IGNORE INTO firings (automation_id, key, at, event, count, depth, actions_done, outcome) "
    "VALUES (?, ?, ?, ?, ?, ?, 0, '[]')"
)
_SELECT = "SELECT id, automation_id, at, event, count, depth, actions_done, outcome, done_at FROM firings"
_CLAIM = (
    "UPDATE firings SET claimed_by = ?, claimed_until = ? "
    "WHERE id = ? AND done_at IS NULL AND (claimed_by IS NULL OR claimed_until < ?)"
)
_HELD = "SELECT outcome FROM firings WHERE id = ? AND claimed_by = ? AND done_at IS NULL"
_TELL = "UPDATE firings SET actions_done = ?, outcome = ?, done_at = ? WHERE id = ?"
_KEEP = "UPDATE firings SET claimed_until = ? WHERE id = ?"
_CAUSE = "INSERT INTO run_causes VALUES (?, ?, ?)"
_MOST_ANCESTORS = 50


@dataclass(frozen=True, slots=True)
class OpenFiring:
    """A firing and how far its actions are done.

    Parameters
    ----------
    depth
        How many firings led to it, itself counted: 1 where nothing that an automation did caused it.
    actions_done
        How many of its actions are done.
    outcome
        What became of each action, in words, in the order of the actions; empty for one that is not done yet.
    """

    id: int
    automation_id: str
    at: float
    event: StoredEvent
    count: int
    depth: int
    actions_done: int
    outcome: tuple[str, ...]
    done_at: float | None


class Firings(StorePart):
    """The firings of one store, and how far events are decided."""

    def turn(self) -> tuple[int, int]:
        """Return up to which event everything is decided, and the number of that turn."""
        ((seen, turn),) = self.file.read("SELECT seen, turn FROM automation_turns")
        return seen, turn

    def write_turn(
        self,
        turn: int,
        seen: int,
        standings: Iterable[Standing],
        firings: Sequence[tuple[Firing, int]],
        files: Mapping[tuple[str, str], FileMark],
    ) -> bool:
        """Write what was decided, in one transaction that is on the disk when this returns where it has firings.

        Parameters
        ----------
        turn
            The turn that was read before deciding. Where it is over, somebody else has decided and nothing is written.
        seen
            Up to which event everything is decided now.
        firings
            Each with its depth.
        files
            Automation id and path of the files that are taken.
        """
        with self.file.writing(durable=bool(firings)) as connection:
            if not connection.execute(_TURN, (seen, turn)).rowcount:
                return False
            for standing in standings:
                write_standing(connection, standing)
            for firing, depth in firings:
                told = json.dumps(event_json(firing.event))
                connection.execute(_INSERT, (firing.automation_id, firing.key, firing.at, told, firing.count, depth))
            for (automation_id, path), mark in files.items():
                write_file(connection, automation_id, path, mark)
        return True

    def has(self, automation_id: str, key: str) -> bool:
        """Whether an automation has acted on something."""
        wanted = "SELECT 1 FROM firings WHERE automation_id = ? AND key = ?"
        return bool(self.file.read(wanted, automation_id, key))

    def depth_of(self, run_id: str) -> int:
        """How many firings led to a run, or to the nearest of the runs that called it; 0 for none."""
        return max((depth for _, depth in self.causes(run_id)), default=0)

    def causes(self, run_id: str) -> list[tuple[OpenFiring, int]]:
        """Return the firings that led to a run, the nearest first, each with its depth."""
        found: list[tuple[OpenFiring, int]] = []
        current: str | None = run_id
        for _ in range(_MOST_ANCESTORS):
            if not current:
                break
            made_by = self.file.read("SELECT firing_id FROM run_causes WHERE run_id = ?", current)
            if made_by and (rows := self.file.read(f"{_SELECT} WHERE id = ?", made_by[0][0])):
                firing = _firing(rows[0])
                found.append((firing, firing.depth))
                current = firing.event.run_id
            else:
                parent = self.file.read("SELECT parent_run_id FROM flow_runs WHERE id = ?", current)
                current = parent[0][0] if parent else None
        return found

    def made_by(self, firing_id: int) -> list[str]:
        """Return the ids of the runs that a firing made."""
        return [one for (one,) in self.file.read("SELECT run_id FROM run_causes WHERE firing_id = ?", firing_id)]

    def open(self, now: float, limit: int = 100) -> list[OpenFiring]:
        """Return firings that nobody carries out, oldest first."""
        wanted = "WHERE done_at IS NULL AND (claimed_by IS NULL OR claimed_until < ?) ORDER BY at LIMIT ?"
        return [_firing(row) for row in self.file.read(f"{_SELECT} {wanted}", now, limit)]

    def of(self, automation_id: str, limit: int = 20) -> list[OpenFiring]:
        """Return an automation's firings, newest first."""
        wanted = "WHERE automation_id = ? ORDER BY id DESC LIMIT ?"
        return [_firing(row) for row in self.file.read(f"{_SELECT} {wanted}", automation_id, limit)]

    def claim(self, firing_id: int, holder: str, now: float, until: float) -> bool:
        """Take a firing to carry it out; False where somebody else has it."""
        with self.file.writing() as connection:
            return bool(connection.execute(_CLAIM, (holder, until, firing_id, now)).rowcount)

    def keep(self, firing_id: int, holder: str, action: int, until: float) -> bool:
        """Hold a claim for longer; False where it was lost, or the action, by its place, is done already."""
        with self.file.writing() as connection:
            if _open_outcome(connection, firing_id, holder, action) is None:
                return False
            connection.execute(_KEEP, (until, firing_id))
        return True

    def tell(
        self,
        firing_id: int,
        holder: str,
        action: int,
        outcome: str,
        *,
        most: int,
        at: float,
        run: NewRun | None = None,
    ) -> bool:
        """Write down what became of one action, and put the run that it makes into the queue, all at once.

        Actions may end in any order. What is written keeps the order in which they are declared.

        Parameters
        ----------
        action
            Its place among the actions.
        outcome
            In words.
        most
            How many actions there are: with the last of them the firing is done.
        at
            Now, in seconds since the epoch.

        Returns
        -------
        bool
            False, and nothing is written, where the firing is not the holder's any more, or the action is done already.
        """
        with self.file.writing(durable=run is not None) as connection:
            told = _open_outcome(connection, firing_id, holder, action)
            if told is None:
                return False
            told[action] = outcome
            done_at = at if len(told) >= most and all(told) else None
            connection.execute(_TELL, (sum(map(bool, told)), json.dumps(told), done_at, firing_id))
            if run is not None:
                insert_run(connection, run)
                depth = connection.execute("SELECT depth FROM firings WHERE id = ?", (firing_id,)).fetchone()[0]
                connection.execute(_CAUSE, (run.created.run_id, firing_id, depth))
        return True

    def drop(self, before: float) -> None:
        """Forget firings that were done before an instant, but not the causes of runs that are still there."""
        gone = "SELECT c.firing_id FROM run_causes c JOIN flow_runs f ON f.id = c.run_id"
        with self.file.writing() as connection:
            connection.execute(f"DELETE FROM firings WHERE done_at < ? AND id NOT IN ({gone})", (before,))  # noqa: S608
            connection.execute("DELETE FROM run_causes WHERE run_id NOT IN (SELECT id FROM flow_runs)")


def _open_outcome(connection: sqlite3.Connection, firing_id: int, holder: str, action: int) -> list[str] | None:
    """What became of each action up to now; None where the holder has not this one to do."""
    row = connection.execute(_HELD, (firing_id, holder)).fetchone()
    if row is None:
        return None
    told: list[str] = json.loads(row[0])
    told += [""] * (action + 1 - len(told))
    return None if told[action] else told


def _firing(row: tuple[Any, ...]) -> OpenFiring:
    id_, automation_id, at, event, count, depth, actions_done, outcome, done_at = row
    told = event_from(json.loads(event))
    return OpenFiring(id_, automation_id, at, told, count, depth, actions_done, tuple(json.loads(outcome)), done_at)


__all__ = ["Firings", "OpenFiring"]
