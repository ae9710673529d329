"""A word on what executes deployments, where nothing would."""

from __future__ import annotations

from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.settings import load_settings
from jupyter_flows.store.live_runners import LiveRunner, live_runners
from jupyter_flows.store.location import open_sql


def runners_there() -> list[LiveRunner]:
    """Return the runners of this store that are there.

    Raises
    ------
    StoreError
    """
    sql = open_sql(load_settings())
    try:
        return live_runners(sql)
    finally:
        sql.close()


def print_runner_hint(screen: Screen) -> None:
    """Say so where no runner is there."""
    if not runners_there():
        screen.line(Cell("note: ", "yellow"), "no runner is there; it runs while one is: jupyter flows runner")


__all__ = ["print_runner_hint", "runners_there"]
