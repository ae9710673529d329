"""Backfills as a whole: how many of their runs are in which state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jupyter_flows.errors import BackfillNotFound
from jupyter_flows.store.claiming import backfill_limit
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import deployment_runs, flow_runs, limits

_of = deployment_runs.c.backfill
_BEGUN = sa.func.min(flow_runs.c.created_at)
_LEFT = sa.func.sum(deployment_runs.c.done_at.is_(None).cast(sa.Integer))
_BOTH = deployment_runs.join(flow_runs, flow_runs.c.id == deployment_runs.c.run_id)
_COUNTS = (
    sa.select(
        _of,
        deployment_runs.c.deployment_id,
        flow_runs.c.state_name,
        sa.func.count().label("number"),
        _LEFT.label("left"),
        _BEGUN.label("begun_at"),
        sa.func.min(deployment_runs.c.tick).label("first"),
        sa.func.max(deployment_runs.c.tick).label("last"),
    )
    .select_from(_BOTH)
    .group_by(_of, deployment_runs.c.deployment_id, flow_runs.c.state_name)
)


@dataclass(frozen=True, slots=True)
class BackfillStanding:
    """How far a backfill is.

    Parameters
    ----------
    id, deployment_id
        Its own, and whose ticks it runs.
    begun_at
        When its runs were made, in seconds since the epoch.
    first, last
        The oldest and the newest tick, in seconds since the epoch.
    left
        How many of its runs are not done.
    states
        How many of its runs are in a state, by the state's name.
    max_active
        How many are executed at a time; None where that is not kept any more.
    """

    id: str
    deployment_id: str
    begun_at: float
    first: float
    last: float
    left: int
    states: Mapping[str, int]
    max_active: int | None

    @property
    def total(self) -> int:
        """How many runs it has."""
        return sum(self.states.values())


class Backfills:
    """Reads of backfills.

    Parameters
    ----------
    sql
        The store.
    """

    def __init__(self, sql: SqlConnections) -> None:
        self._sql = sql

    def get(self, backfill: str) -> BackfillStanding:
        """Return one.

        Raises
        ------
        BackfillNotFound, StoreUnavailable
        """
        found = self._standing(_of == backfill)
        if not found:
            raise BackfillNotFound(backfill)
        return found[0]

    def newest(
        self, deployment_id: str | None = None, *, unfinished: bool = False, limit: int = 20
    ) -> list[BackfillStanding]:
        """Return some, the last one first.

        Parameters
        ----------
        deployment_id
            Whose; of all when not given.
        unfinished
            Only those of which runs are left.

        Raises
        ------
        StoreUnavailable
        """
        chosen = sa.select(_of).select_from(_BOTH).where(_of.is_not(None)).group_by(_of)
        if deployment_id is not None:
            chosen = chosen.where(deployment_runs.c.deployment_id == deployment_id)
        if unfinished:
            chosen = chosen.having(_LEFT > 0)
        return self._standing(_of.in_(chosen.order_by(_BEGUN.desc()).limit(limit)))

    def _standing(self, wanted: sa.ColumnElement[bool]) -> list[BackfillStanding]:
        found: dict[str, list[sa.Row[Any]]] = {}
        for row in self._sql.read(_COUNTS.where(wanted)):
            found.setdefault(row.backfill, []).append(row)
        names = {backfill_limit(backfill): backfill for backfill in found}
        slots = self._sql.read(sa.select(limits.c.name, limits.c.slots).where(limits.c.name.in_(names)))
        most = {names[row.name]: row.slots for row in slots}
        standing = [_made(backfill, rows, most.get(backfill)) for backfill, rows in found.items()]
        return sorted(standing, key=lambda one: one.begun_at, reverse=True)


def _made(backfill: str, rows: list[sa.Row[Any]], max_active: int | None) -> BackfillStanding:
    left = sum(row.left for row in rows)
    return BackfillStanding(
        id=backfill,
        deployment_id=rows[0].deployment_id,
        begun_at=min(row.begun_at for row in rows),
        first=min(row.first for row in rows),
        last=max(row.last for row in rows),
        left=left,
        states={row.state_name: row.number for row in rows},
        max_active=max_active if left else None,
    )


__all__ = ["BackfillStanding", "Backfills"]
