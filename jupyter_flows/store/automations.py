"""Automations in the store's file: what they are, and how they stand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_flows.automations.deciding import Standing
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.stored import event_from, event_json, from_json, to_json
from jupyter_flows.automations.triggers import Absence
from jupyter_flows.errors import AutomationNotFound
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.store_file import StorePart

_SELECT = (
    "SELECT id, definition, deployment_id, paused, created_at, updated_at, since, armed_at, window_at, window_count, "
    "held, last_held FROM automations"
)
_INSERT = "INSERT INTO automations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, NULL)"
_LAST = "SELECT coalesce(max(id), 0) FROM events"
_STANDS = "UPDATE automations SET armed_at = ?, window_at = ?, window_count = ?, held = ?, last_held = ? WHERE id = ?"
_KNOWN_FILE = "INSERT OR REPLACE INTO watched_files VALUES (?, ?, ?, ?)"

FileMark = tuple[int, int]
"""A file's size in bytes, and the time of its last change in nanoseconds."""


@dataclass(frozen=True, slots=True)
class StoredAutomation:
    """An automation as it is kept; times in seconds since the epoch.

    Parameters
    ----------
    deployment_id
        The deployment that it is a short form of; empty for none.
    """

    id: str
    definition: AutomationDefinition
    deployment_id: str
    paused: bool
    created_at: float
    updated_at: float
    standing: Standing


@dataclass(frozen=True, slots=True)
class AppliedAutomation:
    """What `Automations.apply` did."""

    automation: StoredAutomation
    created: bool
    changed: bool


class Automations(StorePart):
    """The automations of one store."""

    def apply(
        self,
        definition: AutomationDefinition,
        *,
        at: float,
        new_id: Callable[[], str],
        deployment_id: str = "",
        files: Mapping[str, FileMark] | None = None,
    ) -> AppliedAutomation:
        """Store an automation: as new, in the place of the one of that name, or not at all if nothing changed.

        One that is new, or waits for something else than before, begins with what happens from now on. One that was
        paused stays so.

        Parameters
        ----------
        files
            The files that it does not act on, as they are now.
        """
        text = json.dumps(to_json(definition), sort_keys=True, ensure_ascii=True)
        with self.file.writing(durable=True) as connection:
            old = self._find(definition.name)
            if old is not None and old.definition == definition and old.deployment_id == deployment_id:
                return AppliedAutomation(old, created=False, changed=False)
            if old is None:
                found = new_id()
                row = (found, storable(definition.name), text, deployment_id or None, 0, at, at)
                connection.execute(_INSERT, (*row, 0, None))
            else:
                found = old.id
                change = "UPDATE automations SET definition = ?, deployment_id = ?, updated_at = ? WHERE id = ?"
                connection.execute(change, (text, deployment_id or None, at, found))
            if old is None or old.definition.trigger != definition.trigger:
                _begin(connection, found, definition, at)
                connection.execute("DELETE FROM watched_files WHERE automation_id = ?", (found,))
                marks = ((found, storable(path), size, time) for path, (size, time) in (files or {}).items())
                connection.executemany(_KNOWN_FILE, marks)
            made = self._find(definition.name)
        assert made is not None
        return AppliedAutomation(made, created=old is None, changed=True)

    def get(self, name: str) -> StoredAutomation:
        """Return an automation by its name or id.

        Raises
        ------
        AutomationNotFound
            It names the nearest ones.
        """
        found = self._find(name)
        if found is None:
            raise AutomationNotFound(name, [known for (known,) in self.file.read("SELECT name FROM automations")])
        return found

    def all(self) -> list[StoredAutomation]:
        """Return every automation, by name."""
        return [_automation(row) for row in self.file.read(f"{_SELECT} ORDER BY name")]

    def of_deployment(self, deployment_id: str) -> list[StoredAutomation]:
        """Return those that are short forms of a deployment."""
        return [_automation(row) for row in self.file.read(f"{_SELECT} WHERE deployment_id = ?", deployment_id)]

    def set_paused(self, name: str, *, paused: bool, at: float) -> StoredAutomation:
        """Pause an automation or let it go on; what happens while it is paused does not count.

        Raises
        ------
        AutomationNotFound
        """
        with self.file.writing(durable=True) as connection:
            found = self.get(name)
            connection.execute("UPDATE automations SET paused = ? WHERE id = ?", (int(paused), found.id))
            if found.paused and not paused:
                _begin(connection, found.id, found.definition, at)
            return self.get(name)

    def delete(self, name: str) -> StoredAutomation:
        """Forget an automation; what it has begun to do is done.

        Raises
        ------
        AutomationNotFound
        """
        with self.file.writing(durable=True) as connection:
            found = self.get(name)
            connection.execute("DELETE FROM watched_files WHERE automation_id = ?", (found.id,))
            connection.execute("DELETE FROM automations WHERE id = ?", (found.id,))
        return found

    def known_files(self, automation_id: str) -> dict[str, FileMark]:
        """Return the files that an automation has acted on, as they were then."""
        rows = self.file.read("SELECT path, size, mtime_ns FROM watched_files WHERE automation_id = ?", automation_id)
        return {path: (size, time) for path, size, time in rows}

    def _find(self, name: str) -> StoredAutomation | None:
        wanted = storable(name)
        rows = self.file.read(f"{_SELECT} WHERE name = ? OR id = ? ORDER BY name <> ?", wanted, wanted, wanted)
        return _automation(rows[0]) if rows else None


def write_standing(connection: sqlite3.Connection, standing: Standing) -> None:
    """Write how an automation stands, in the transaction that is open on the connection."""
    held = None if standing.last_held is None else json.dumps(event_json(standing.last_held))
    row = (standing.armed_at, standing.window_at, standing.window_count, standing.held, held, standing.id)
    connection.execute(_STANDS, row)


def write_file(connection: sqlite3.Connection, automation_id: str, path: str, mark: FileMark) -> None:
    """Write that an automation acts on a file, in the transaction that is open on the connection."""
    connection.execute(_KNOWN_FILE, (automation_id, storable(path), *mark))


def _begin(connection: sqlite3.Connection, automation_id: str, definition: AutomationDefinition, at: float) -> None:
    """Let an automation count what happens from now on."""
    trigger = definition.trigger
    armed = at if isinstance(trigger, Absence) and trigger.after is None else None
    change = f"UPDATE automations SET since = ({_LAST}), armed_at = ?, held = 0, last_held = NULL WHERE id = ?"  # noqa: S608
    connection.execute(change, (armed, automation_id))
    # Who decides just now has read how it stood before.
    connection.execute("UPDATE automation_turns SET turn = turn + 1")


def _automation(row: tuple[Any, ...]) -> StoredAutomation:
    id_, text, deployment_id, paused, created_at, updated_at, since, armed_at, window_at, count, held, last = row
    definition = from_json(json.loads(text))
    last_held = None if last is None else event_from(json.loads(last))
    standing = Standing(id_, definition, since, armed_at, window_at, count, held, last_held)
    return StoredAutomation(id_, definition, deployment_id or "", bool(paused), created_at, updated_at, standing)


__all__ = [
    "AppliedAutomation",
    "Automations",
    "FileMark",
    "StoredAutomation",
    "write_file",
    "write_standing",
]
