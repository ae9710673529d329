"""Limits that all processes share: how many slots each has, and who holds them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from jupyter_flows.errors import LimitNotFound
from jupyter_flows.model.owner import Owner
from jupyter_flows.store.claiming import backfill_limit
from jupyter_flows.store.liveness import owner_is_dead
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import flow_runs, limit_slots, limits


@dataclass(frozen=True, slots=True)
class SlotHolder:
    """Who holds slots of a limit.

    Parameters
    ----------
    run_id, number
        The flow run, and the number of its task run; 0 for the flow run itself.
    run_name
        The flow run's name; empty where it is gone.
    slots
        How many it holds.
    """

    run_id: str
    number: int
    run_name: str
    slots: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A named limit.

    Parameters
    ----------
    slots
        How many there are; None where only holders are left of it.
    holders
        Those that live.
    """

    name: str
    slots: int | None
    holders: tuple[SlotHolder, ...] = ()

    @property
    def taken(self) -> int:
        """How many slots are held."""
        return sum(one.slots for one in self.holders)


class Limits:
    """The limits of a store; those of backfills are their own affair and are not listed.

    Parameters
    ----------
    sql
        The store.
    """

    def __init__(self, sql: SqlConnections) -> None:
        self._sql = sql

    def all(self) -> list[Limit]:
        """Return the limits by name; slots of a dead holder are free.

        Raises
        ------
        StoreUnavailable
        """
        named = {row.name: row.slots for row in self._sql.read(sa.select(limits))}
        holders = self._holders()
        listed = sorted({*named, *holders})
        return [Limit(name, named.get(name), tuple(holders.get(name, ()))) for name in listed if _is_shown(name)]

    def set(self, name: str, slots: int, at: float) -> bool:
        """Let a limit have so many slots; return whether it is new. Who holds one keeps it.

        Raises
        ------
        StoreUnavailable
        """
        with self._sql.writing() as connection:
            values = {"name": storable(name), "slots": slots, "at": at}
            changed = connection.execute(limits.update().where(limits.c.name == values["name"]).values(values))
            if not changed.rowcount:
                connection.execute(limits.insert().values(values))
            return not changed.rowcount

    def delete(self, name: str) -> None:
        """Take a limit away: nobody waits for it any more.

        Raises
        ------
        LimitNotFound
        """
        with self._sql.writing() as connection:
            gone = connection.execute(limits.delete().where(limits.c.name == storable(name)))
            if not gone.rowcount:
                known = connection.execute(sa.select(limits.c.name)).scalars()
                raise LimitNotFound(name, [one for one in known if _is_shown(one)])

    def close(self) -> None:
        """Give the connections back."""
        self._sql.close()

    def _holders(self) -> dict[str, list[SlotHolder]]:
        query = sa.select(limit_slots, flow_runs.c.name.label("run_name"))
        query = query.select_from(limit_slots.outerjoin(flow_runs, flow_runs.c.id == limit_slots.c.run_id))
        found: dict[str, list[SlotHolder]] = {}
        now = time.time()
        for row in self._sql.read(query.order_by(limit_slots.c.run_id, limit_slots.c.number)):
            owner = Owner(row.host, row.boot_id, row.pid, row.process_started, "")
            if not owner_is_dead(owner, row.lease_until, now):
                holder = SlotHolder(row.run_id, row.number, row.run_name or "", row.slots)
                found.setdefault(row.limit_name, []).append(holder)
        return found


def _is_shown(name: str) -> bool:
    return not name.startswith(backfill_limit(""))


__all__ = ["Limit", "Limits", "SlotHolder"]
