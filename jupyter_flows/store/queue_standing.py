"""What stands between a queued run and its start: who is executed, who holds slots, who comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from jupyter_flows.model.deployments import SCHEDULE, DeploymentRun
from jupyter_flows.model.waiting import ToldTick
from jupyter_flows.store.limits import Limit, Limits
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import deployment_runs, deployments, flow_runs, schedules, ticks


class Other(NamedTuple):
    """Another run, as far as it has to be named."""

    run_id: str
    name: str
    state: str


class TakenLimit(NamedTuple):
    """A limit of which a run wants a slot."""

    name: str
    slots: int
    taken: int
    holders: tuple[Other, ...]


_OTHER = sa.select(flow_runs.c.id, flow_runs.c.name, flow_runs.c.state_name)
_QUEUED = deployment_runs.join(flow_runs, flow_runs.c.id == deployment_runs.c.run_id)
_OPEN = deployment_runs.c.done_at.is_(None)
_CLAIMED = deployment_runs.c.runner_id.is_not(None)


class QueueStanding:
    """Reads of the queue, for explanations.

    Parameters
    ----------
    sql
        The store.
    """

    def __init__(self, sql: SqlConnections) -> None:
        self._sql = sql

    def executed(self, deployment_id: str | None = None) -> list[Other]:
        """Return the runs that runners have claimed and that are not done, of one deployment or of all."""
        wanted: list[sa.ColumnElement[bool]] = [_OPEN, _CLAIMED]
        if deployment_id is not None:
            wanted.append(deployment_runs.c.deployment_id == deployment_id)
        return self._others(_OTHER.select_from(_QUEUED).where(*wanted).order_by(deployment_runs.c.claimed_at))

    def earlier(self, run: DeploymentRun) -> list[Other]:
        """Return the runs of earlier ticks of a run's schedule that are not done."""
        own = deployment_runs.c
        if run.origin != SCHEDULE or run.tick is None:
            return []
        wanted = (_OPEN, own.schedule_id == run.schedule_id, own.origin == SCHEDULE, own.tick < run.tick)
        return self._others(_OTHER.select_from(_QUEUED).where(*wanted).order_by(own.tick))

    def before(self, run: DeploymentRun, now: float) -> int:
        """Return how many due runs come before a run."""
        own = deployment_runs.c
        first = sa.or_(own.priority > run.priority, sa.and_(own.priority == run.priority, own.due_at < run.due_at))
        query = sa.select(sa.func.count()).where(_OPEN, own.runner_id.is_(None), own.due_at <= now, first)
        return self._sql.read(query)[0][0]

    def overlap(self, schedule_id: str | None) -> str | None:
        """Return the overlap policy of a schedule; None where there is none."""
        found = self._sql.read(sa.select(schedules.c.overlap).where(schedules.c.id == schedule_id))
        return found[0][0] if found else None

    def limits(self, names: Iterable[str], by_settings: dict[str, int]) -> list[TakenLimit]:
        """Return those of these limits that have slots at all, with who holds them."""
        held = {one.name: one for one in Limits(self._sql).all(of_backfills=True)}
        named = {**by_settings, **{name: one.slots for name, one in held.items() if one.slots is not None}}
        wanted = sorted(set(names) & set(named))
        return [self._limit(name, named[name], held.get(name) or Limit(name, named[name])) for name in wanted]

    def ticks(self, deployment_id: str, limit: int) -> list[ToldTick]:
        """Return what became of the last ticks of a deployment's schedules, the last one first."""
        query = (
            sa.select(ticks.c.at, schedules.c.name, ticks.c.outcome, ticks.c.run_id, ticks.c.reason)
            .join_from(ticks, schedules, schedules.c.id == ticks.c.schedule_id)
            .where(schedules.c.deployment_id == deployment_id)
        )
        found = self._sql.read(query.order_by(ticks.c.at.desc()).limit(limit))
        return [ToldTick(row.at, row.name, row.outcome, row.run_id, row.reason or "") for row in found]

    def deployment_named(self, name: str) -> str | None:
        """Return the id of the deployment of a name; None where there is none."""
        found = self._sql.read(sa.select(deployments.c.id).where(deployments.c.name == name))
        return found[0][0] if found else None

    def _limit(self, name: str, slots: int, held: Limit) -> TakenLimit:
        states = {
            run.id: run for run in self._sql.read(_OTHER.where(flow_runs.c.id.in_(one.run_id for one in held.holders)))
        }
        holders = (states.get(one.run_id) or (one.run_id, one.run_id, "gone") for one in held.holders)
        return TakenLimit(name, slots, held.taken, tuple(Other(*one) for one in holders))

    def _others(self, query: sa.Select[str, str, str]) -> list[Other]:
        return [Other(*row) for row in self._sql.read(query)]


__all__ = ["Other", "QueueStanding", "TakenLimit"]
