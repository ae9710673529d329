"""Limits that all processes share: how many slots each has, and who holds them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from jupyter_flows.errors import LimitNotFound
from jupyter_flows.store.claiming import backfill_limit
from jupyter_flows.store.scrub import storable
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import flow_runs, limit_slots, limits
from jupyter_flows.store.taken_slots import TakenSlots, holder_is_dead


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
    taken
        How many slots they hold; tasks share those of their flow run.
    """

    name: str
    slots: int | None
    holders: tuple[SlotHolder, ...] = ()
    taken: int = 0


class Limits:
    """The limits of a store; those of backfills are their own affair and are not listed.

    Parameters
    ----------
    sql
        The store.
    """

    def __init__(self, sql: SqlConnections) -> None:
        self._sql = sql

    def all(self, *, of_backfills: bool = False) -> list[Limit]:
        """Return the limits by name; slots of a dead holder are free.

        Parameters
        ----------
        of_backfills
            Whether those of backfills are listed too.

        Raises
        ------
        StoreUnavailable
        """
        named = {row.name: row.slots for row in self._sql.read(sa.select(limits))}
        holders = self._holders()
        listed = sorted({*named, *holders})
        return [
            self._limit(name, named.get(name), holders.get(name, []))
            for name in listed
            if of_backfills or _is_shown(name)
        ]

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

    def _limit(self, name: str, slots: int | None, holders: list[SlotHolder]) -> Limit:
        taken = TakenSlots(self._parent)
        for one in holders:
            taken.add(one.run_id, one.number, one.slots)
        return Limit(name, slots, tuple(holders), taken.used)

    def _parent(self, run_id: str) -> str | None:
        found = self._sql.read(sa.select(flow_runs.c.parent_run_id).where(flow_runs.c.id == run_id))
        return found[0][0] if found else None

    def _holders(self) -> dict[str, list[SlotHolder]]:
        own, run = limit_slots.c, flow_runs.c
        who = (own.host, own.boot_id, own.pid, own.process_started, own.lease_until)
        whose = (run.owner_host, run.owner_boot_id, run.owner_pid, run.owner_process_started, run.lease_until)
        query = sa.select(own.limit_name, own.run_id, own.number, own.slots, run.name, *who, *whose, run.ended_at)
        query = query.select_from(limit_slots.outerjoin(flow_runs, run.id == own.run_id)).where(own.slots > 0)
        found: dict[str, list[SlotHolder]] = {}
        now = time.time()
        for limit, run_id, number, slots, name, *rest in self._sql.read(query.order_by(own.run_id, own.number)):
            if not holder_is_dead(number, rest, now):
                found.setdefault(limit, []).append(SlotHolder(run_id, number, name or "", slots))
        return found


def _is_shown(name: str) -> bool:
    return not name.startswith(backfill_limit(""))


__all__ = ["Limit", "Limits", "SlotHolder"]
