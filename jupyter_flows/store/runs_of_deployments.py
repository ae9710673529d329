"""The runs of deployments, each with where it comes from: what lists and backfills look at."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, NamedTuple

import sqlalchemy as sa

from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.store import rows
from jupyter_flows.store.sql_connections import SqlConnections
from jupyter_flows.store.tables import deployment_runs, flow_runs
from jupyter_flows.store.verdicts import as_seen

_QUEUED = [deployment_runs.c[one.name].label(f"queued_{one.name}") for one in fields(DeploymentRun)]
_BOTH = sa.select(flow_runs, *_QUEUED).select_from(
    deployment_runs.join(flow_runs, flow_runs.c.id == deployment_runs.c.run_id)
)
_NEWEST = (deployment_runs.c.due_at.desc(), sa.literal_column("deployment_runs.rowid").desc())


class RunOfDeployment(NamedTuple):
    """A run of a deployment: where it comes from, and how it stands."""

    queued: DeploymentRun
    run: FlowRun


class RunsOfDeployments:
    """Reads of the runs of deployments; dead owners' runs are shown as Crashed.

    Parameters
    ----------
    sql
        The store.
    """

    def __init__(self, sql: SqlConnections) -> None:
        self._sql = sql

    def newest(self, deployment_id: str, limit: int = 10) -> list[RunOfDeployment]:
        """Return the last runs of a deployment, the one that was due last first.

        Raises
        ------
        StoreUnavailable
        """
        wanted = deployment_runs.c.deployment_id == deployment_id
        return self._read(_BOTH.where(wanted).order_by(*_NEWEST).limit(limit))

    def last_of_each(self) -> dict[str, RunOfDeployment]:
        """Return the last run of each deployment by the deployment's id.

        Raises
        ------
        StoreUnavailable
        """
        ranked = sa.select(
            deployment_runs.c.run_id,
            sa.func.row_number().over(partition_by=deployment_runs.c.deployment_id, order_by=_NEWEST).label("place"),
        ).subquery()
        newest = sa.select(ranked.c.run_id).where(ranked.c.place == 1)
        return {one.queued.deployment_id: one for one in self._read(_BOTH.where(flow_runs.c.id.in_(newest)))}

    def of_ticks(self, deployment_id: str, first: float, last: float) -> list[RunOfDeployment]:
        """Return the runs that stand for ticks from one instant to another, both included, in the order of being made.

        Parameters
        ----------
        first, last
            Seconds since the epoch.

        Raises
        ------
        StoreUnavailable
        """
        wanted = (deployment_runs.c.deployment_id == deployment_id, deployment_runs.c.tick.between(first, last))
        return self._read(_BOTH.where(*wanted).order_by(flow_runs.c.created_at, sa.text("flow_runs.rowid")))

    def these(self, run_ids: Iterable[str]) -> list[RunOfDeployment]:
        """Return the runs of these ids that are there, in no order.

        Raises
        ------
        StoreUnavailable
        """
        return self._read(_BOTH.where(flow_runs.c.id.in_(list(run_ids))))

    def moved(self, run_ids: Iterable[str]) -> list[RunOfDeployment]:
        """Return those of these runs that somebody has claimed, or that have nothing left to execute.

        Raises
        ------
        StoreUnavailable
        """
        wanted = sa.or_(deployment_runs.c.runner_id.is_not(None), deployment_runs.c.done_at.is_not(None))
        return self._read(_BOTH.where(flow_runs.c.id.in_(list(run_ids)), wanted))

    def close(self) -> None:
        """Give the connections back."""
        self._sql.close()

    def _read(self, query: sa.Select[*tuple[Any, ...]]) -> list[RunOfDeployment]:
        now = time.time()
        return [_made(row, now) for row in self._sql.read(query)]


def _made(row: sa.Row[Any], now: float) -> RunOfDeployment:
    queued = {one.name: getattr(row, f"queued_{one.name}") for one in fields(DeploymentRun)}
    return RunOfDeployment(DeploymentRun(**queued), as_seen(rows.flow_run(row), now))


__all__ = ["RunOfDeployment", "RunsOfDeployments"]
