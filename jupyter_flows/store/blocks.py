"""Blocks: stored configuration by type and name, in the store's file."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.errors import AmbiguousBlock, BlockNotFound
from jupyter_flows.store.store_file import StorePart

_COLUMNS = "SELECT type, name, id, data, schema, created_at, updated_at FROM blocks"

_TYPES = "SELECT type, title, description, logo_url, home, schema, updated_at FROM block_types ORDER BY type"


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block as it is kept.

    Parameters
    ----------
    data
        JSON of its fields, with references in the place of secrets.
    schema
        Digest of the fields that its class had then.
    created_at, updated_at
        Seconds since the epoch.
    """

    type: str
    name: str
    id: str
    data: str
    schema: str
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class StoredBlockType:
    """A type of block as it is kept.

    Parameters
    ----------
    home
        Where its class is: ``module:Class``, or the cell that defined it.
    schema
        JSON schema of its fields.
    """

    type: str
    title: str
    description: str
    logo_url: str
    home: str
    schema: str
    updated_at: float


class Blocks(StorePart):
    """The blocks of one store."""

    def get(self, type_: str, name: str) -> StoredBlock | None:
        """Return a block, None where there is none."""
        rows = self.file.read(f"{_COLUMNS} WHERE type = ? AND name = ?", type_, name)
        return StoredBlock(*rows[0]) if rows else None

    def find(self, label: str) -> StoredBlock:
        """Return the block of a label: ``type/name``, or a name that only one type has.

        Raises
        ------
        BlockNotFound, AmbiguousBlock
        """
        kind, _, name = label.rpartition("/")
        named = self.file.read(f"{_COLUMNS} WHERE name = ? ORDER BY type", name)
        candidates = [one for one in (StoredBlock(*row) for row in named) if not kind or one.type == kind]
        if len(candidates) > 1:
            raise AmbiguousBlock(label, [f"{one.type}/{one.name}" for one in candidates])
        if not candidates:
            raise BlockNotFound(label, [f"{one.type}/{one.name}" for one in self.all()])
        return candidates[0]

    def all(self) -> tuple[StoredBlock, ...]:
        """Return all of them, by type and name."""
        return tuple(StoredBlock(*row) for row in self.file.read(f"{_COLUMNS} ORDER BY type, name"))

    def put(self, block: StoredBlock) -> None:
        """Keep a block, in the place of an earlier one of its type and name."""
        with self.file.writing(durable=True) as connection:
            connection.execute(
                "INSERT INTO blocks (type, name, id, data, schema, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (type, name) DO UPDATE SET data = excluded.data, "
                "schema = excluded.schema, updated_at = excluded.updated_at",
                (block.type, block.name, block.id, block.data, block.schema, block.created_at, block.updated_at),
            )

    def delete(self, type_: str, name: str) -> bool:
        """Forget a block; tell whether there was one."""
        with self.file.writing(durable=True) as connection:
            found = connection.execute("DELETE FROM blocks WHERE type = ? AND name = ?", (type_, name))
            return bool(found.rowcount)

    def types(self) -> tuple[StoredBlockType, ...]:
        """Return all types that were ever saved, by their slug."""
        return tuple(StoredBlockType(*row) for row in self.file.read(_TYPES))

    def put_type(self, one: StoredBlockType) -> None:
        """Keep a type, in the place of what it was before."""
        with self.file.writing(durable=True) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO block_types (type, title, description, logo_url, home, schema, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (one.type, one.title, one.description, one.logo_url, one.home, one.schema, one.updated_at),
            )


__all__ = ["Blocks", "StoredBlock", "StoredBlockType"]
