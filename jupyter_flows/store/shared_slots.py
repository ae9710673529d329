"""Slots of limits that all processes of a store share: taken and given back by task runs and blocks of code."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from jupyter_flows.engine.limits import Needs
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.slots import SlotPlace
from jupyter_flows.store.store_file import StorePart
from jupyter_flows.store.taken_slots import read_line

_SIZES = "SELECT name, slots FROM limits"
_TAKE = (
    "INSERT OR REPLACE INTO limit_slots "
    "(limit_name, run_id, number, slots, host, boot_id, pid, process_started, lease_until) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_GIVE = "DELETE FROM limit_slots WHERE run_id = ? AND number = ?"
_RENEW = "UPDATE limit_slots SET lease_until = ? WHERE run_id = ? AND number = ?"


class SqliteSlots(StorePart):
    """`SharedSlots` on one SQLite file. A row without slots is a place in the line: it tells others that one waits.

    Parameters
    ----------
    path, busy_seconds
        See `StorePart`.
    by_settings
        Slots of limits that the store does not name.
    fresh_seconds
        For how long the sizes of limits are taken as read.
    """

    def __init__(
        self, path: Path, *, busy_seconds: float, by_settings: Mapping[str, int], fresh_seconds: float
    ) -> None:
        super().__init__(path, busy_seconds=busy_seconds)
        self._by_settings, self._fresh_seconds = by_settings, fresh_seconds
        self._sizes: Mapping[str, int] = {}
        self._read_at: float | None = None
        self._seen_version = -1
        self._reading = threading.Lock()

    def sizes(self) -> Mapping[str, int]:
        """See `SharedSlots.sizes`."""
        with self._reading:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at >= self._fresh_seconds:
                self._sizes = self.file.reading(self._read_sizes)
                self._read_at = now
            return self._sizes

    def take(self, place: SlotPlace, needs: Needs, owner: Owner, at: float, lease_until: float) -> bool:
        """See `SharedSlots.take`."""
        who = (owner.host, owner.boot_id, owner.pid, owner.process_started, lease_until)
        with self.file.writing() as connection:
            sizes = self._read_sizes(connection)
            wanted = [(name, slots) for name, slots in needs if name in sizes]
            lines = {name: read_line(connection, name, at) for name, _ in wanted}
            for line in lines.values():
                connection.executemany(_GIVE, line.dead)
            granted = all(lines[name].taken.take(*place, slots, sizes[name]) for name, slots in wanted)
            rows = [(name, *place, slots if granted else 0, *who) for name, slots in wanted]
            connection.executemany(_TAKE, rows)
            return granted

    def has_room(self, place: SlotPlace, needs: Needs, at: float) -> bool:
        """See `SharedSlots.has_room`."""

        def look(connection: sqlite3.Connection) -> bool:
            sizes = self._read_sizes(connection)
            return all(
                read_line(connection, name, at).taken.take(*place, slots, sizes[name])
                for name, slots in needs
                if name in sizes
            )

        return self.file.reading(look)

    def others_wait(self, needs: Needs, owner: Owner, at: float) -> bool:
        """See `SharedSlots.others_wait`."""
        me = {(owner.host, owner.pid)}
        return self.file.reading(
            lambda connection: any(read_line(connection, name, at).waiting - me for name, _ in needs)
        )

    def give(self, place: SlotPlace) -> None:
        """See `SharedSlots.give`."""
        with self.file.writing() as connection:
            connection.execute(_GIVE, place)

    def renew(self, places: Iterable[SlotPlace], lease_until: float) -> None:
        """See `SharedSlots.renew`."""
        with self.file.writing() as connection:
            connection.executemany(_RENEW, [(lease_until, *place) for place in places])

    def changed(self) -> bool:
        """See `SharedSlots.changed`."""
        version = self.file.data_version()
        if version == self._seen_version:
            return False
        self._seen_version = version
        return True

    def _read_sizes(self, connection: sqlite3.Connection) -> dict[str, int]:
        return {**self._by_settings, **dict(connection.execute(_SIZES))}


__all__ = ["SqliteSlots"]
