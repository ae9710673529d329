"""Variables: small values by name, in the store's file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jupyter_flows.store.store_file import StorePart

_COLUMNS = "SELECT name, value, tags, created_at, updated_at FROM variables"


@dataclass(frozen=True, slots=True)
class StoredVariable:
    """A variable as it is kept; times in seconds since the epoch."""

    name: str
    value: Any
    tags: tuple[str, ...]
    created_at: float
    updated_at: float


class Variables(StorePart):
    """The variables of one store."""

    def get(self, name: str) -> StoredVariable | None:
        """Return a variable, None where there is none of that name."""
        rows = self.file.read(f"{_COLUMNS} WHERE name = ?", name)
        return _variable(rows[0]) if rows else None

    def all(self) -> tuple[StoredVariable, ...]:
        """Return all of them, by name."""
        return tuple(_variable(row) for row in self.file.read(f"{_COLUMNS} ORDER BY name"))

    def set(self, name: str, value: str, tags: tuple[str, ...], at: float, *, overwrite: bool) -> bool:
        """Keep a variable; False, and nothing changes, where another value is there and is to stay.

        Parameters
        ----------
        value
            JSON.
        """
        with self.file.writing(durable=True) as connection:
            known = connection.execute("SELECT value FROM variables WHERE name = ?", (name,)).fetchone()
            if known is not None and not overwrite:
                return bool(json.loads(known[0]) == json.loads(value))
            connection.execute(
                "INSERT INTO variables (name, value, tags, created_at, updated_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value, tags = excluded.tags, "
                "updated_at = excluded.updated_at",
                (name, value, json.dumps(tags), at, at),
            )
        return True

    def unset(self, name: str) -> bool:
        """Forget a variable; tell whether there was one."""
        with self.file.writing(durable=True) as connection:
            return bool(connection.execute("DELETE FROM variables WHERE name = ?", (name,)).rowcount)


def _variable(row: tuple[Any, ...]) -> StoredVariable:
    name, value, tags, created_at, updated_at = row
    return StoredVariable(name, json.loads(value), tuple(json.loads(tags)), created_at, updated_at)


__all__ = ["StoredVariable", "Variables"]
