"""A word on what executes deployments, where nothing would."""

from __future__ import annotations

from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.settings import load_settings
from jupyter_flows.store.live_runners import LiveRunner, live_runners
from jupyter_flows.store.location import open_sql


def runners_there(deployment_id: str | None = None) -> list[LiveRunner]:
    """Return the runners of this store that are there, for a deployment where one is given.

    Raises
    ------
    StoreError
    """
    sql = open_sql(load_settings())
    try:
        return live_runners(sql, deployment_id)
    finally:
        sql.close()


def print_runner_hint(screen: Screen, deployment_id: str | None = None) -> None:
    """Say so where no runner is there for a deployment."""
    if not runners_there(deployment_id):
        screen.line(Cell("note: ", "yellow"), "no runner is there; it runs while one is: jupyter flows runner")


__all__ = ["print_runner_hint", "runners_there"]
