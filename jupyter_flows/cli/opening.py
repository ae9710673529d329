"""`jupyter flows open`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.services.opened_notebook import open_failure
from jupyter_flows.wiring import current_settings, result_store


def open(options: Namespace, screen: Screen) -> int:  # noqa: A001 - the command's name
    """Write a notebook in which to look at a failure, and print its path."""
    settings = current_settings()
    with opened_store(settings) as store:
        run = store.flow_run(options.run)
        folder = Path(run.directory) if run.directory else settings.runs_dir / run.id
        opened = open_failure(store, result_store, run, folder)
    if options.json:
        screen.json(
            {
                "path": str(opened.path),
                "task": opened.task,
                "restored": list(opened.restored),
                "notes": list(opened.notes),
            }
        )
        return GOOD
    screen.line(str(opened.path))
    if opened.restored:
        screen.line(Cell("  restores  ", "dim"), ", ".join(opened.restored))
    for note in opened.notes:
        screen.line(Cell("  note      ", "dim"), note)
    return GOOD


__all__ = ["open"]
