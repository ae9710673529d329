"""`jupyter flows variable`."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from typing import Any

from jupyter_flows.authoring.variable import Variable
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import iso, local
from jupyter_flows.errors import VariableNotFound
from jupyter_flows.store import open_variables
from jupyter_flows.wiring import current_settings

_WIDEST = 60


def variable(options: Namespace, screen: Screen) -> int:
    """List, print, keep or forget variables."""
    return {"ls": _ls, "get": _get, "set": _set, "unset": _unset}[options.verb](options, screen)


def _ls(options: Namespace, screen: Screen) -> int:
    with open_variables(current_settings()) as variables:
        found = variables.all()
    if options.json:
        shown = [
            {"name": one.name, "value": one.value, "tags": list(one.tags), "updated_at": iso(one.updated_at)}
            for one in found
        ]
        screen.json({"variables": shown})
    elif not found:
        screen.line("No variable is kept.")
    else:
        now = time.time()
        rows = [
            [Cell(text) for text in (one.name, _short(one.value), ", ".join(one.tags), local(one.updated_at, now))]
            for one in found
        ]
        screen.table(["NAME", "VALUE", "TAGS", "SET"], rows)
    return GOOD


def _get(options: Namespace, screen: Screen) -> int:
    with open_variables(current_settings()) as variables:
        found = variables.get(options.name)
        if found is None:
            raise VariableNotFound(options.name, [one.name for one in variables.all()])
    if options.json:
        screen.json({"name": found.name, "value": found.value})
    else:
        screen.line(escaped(json.dumps(found.value, ensure_ascii=False)))
    return GOOD


def _set(options: Namespace, screen: Screen) -> int:
    Variable.set(options.name, _read(options.value), options.tags, options.overwrite)
    return _say(options, screen, "set")


def _unset(options: Namespace, screen: Screen) -> int:
    if not Variable.unset(options.name):
        raise VariableNotFound(options.name)
    return _say(options, screen, "unset")


def _say(options: Namespace, screen: Screen, done: str) -> int:
    if options.json:
        screen.json({done: options.name})
    else:
        screen.line(f"{escaped(options.name)} is {done}.")
    return GOOD


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


__all__ = ["variable"]
