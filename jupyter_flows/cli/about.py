"""`jupyter flows version` and `jupyter flows config`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.version import __version__


def version(options: Namespace, screen: Screen) -> int:
    """Print the version."""
    if options.json:
        screen.json({"version": __version__})
    else:
        screen.line(__version__)
    return GOOD


def config(options: Namespace, screen: Screen) -> int:
    """Print every setting, its value and where that came from."""
    from jupyter_flows.settings import load_settings

    described = load_settings().describe()
    if options.json:
        found = {name: {"value": _plain(value), "source": source} for name, value, source in described}
        screen.json({"settings": found})
        return GOOD
    rows = [[Cell(name), Cell(_shown(value), "bold"), Cell(source, "dim")] for name, value, source in described]
    screen.table(("SETTING", "VALUE", "FROM"), rows)
    return GOOD


def _plain(value: object) -> Any:
    return str(value) if isinstance(value, Path) else dict(value) if isinstance(value, Mapping) else value


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {slots}" for name, slots in value.items()) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
