"""`jupyter flows block`: what is stored, read without the classes that made it, so that no code of a user runs."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from typing import Any, cast

from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import iso, local
from jupyter_flows.store import open_blocks
from jupyter_flows.store.blocks import StoredBlock
from jupyter_flows.wiring import current_settings

_MASK = "••••••"


def block(options: Namespace, screen: Screen) -> int:
    """List, show or forget blocks, or list their types."""
    return {"ls": _ls, "types": _types, "show": _show, "delete": _delete}[options.verb](options, screen)


def _ls(options: Namespace, screen: Screen) -> int:
    with open_blocks(current_settings()) as blocks:
        found = blocks.all()
    if options.json:
        shown = [{"block": f"{one.type}/{one.name}", "updated_at": iso(one.updated_at)} for one in found]
        screen.json({"blocks": shown})
    elif not found:
        screen.line("No block is saved.")
    else:
        now = time.time()
        rows = [[Cell(f"{one.type}/{one.name}"), Cell(local(one.updated_at, now))] for one in found]
        screen.table(["BLOCK", "SAVED"], rows)
    return GOOD


def _types(options: Namespace, screen: Screen) -> int:
    with open_blocks(current_settings()) as blocks:
        found = blocks.types()
    fields = {one.type: list(json.loads(one.schema).get("properties", {})) for one in found}
    if options.json:
        shown = [
            {"type": one.type, "title": one.title, "description": one.description, "home": one.home}
            | {"fields": fields[one.type]}
            for one in found
        ]
        screen.json({"types": shown})
    elif not found:
        screen.line("No type of block was ever saved.")
    else:
        rows = [
            [Cell(text) for text in (one.type, ", ".join(fields[one.type]), one.description, one.home)] for one in found
        ]
        screen.table(["TYPE", "FIELDS", "WHAT FOR", "HOME"], rows)
    return GOOD


def _show(options: Namespace, screen: Screen) -> int:
    found = _found(options.name)
    shown = _masked(json.loads(found.data))
    if options.json:
        screen.json({"block": f"{found.type}/{found.name}", "data": shown, "updated_at": iso(found.updated_at)})
        return GOOD
    screen.line(escaped(f"{found.type}/{found.name}"))
    for name, value in shown.items():
        screen.line(f"  {escaped(name)}: {escaped(json.dumps(value, ensure_ascii=False))}")
    return GOOD


def _delete(options: Namespace, screen: Screen) -> int:
    from jupyter_flows.authoring.block import Block  # deferred: the others need no pydantic

    found = _found(options.name)
    Block.delete(f"{found.type}/{found.name}")
    if options.json:
        screen.json({"deleted": f"{found.type}/{found.name}"})
    else:
        screen.line(f"{escaped(f'{found.type}/{found.name}')} is forgotten, with its secrets.")
    return GOOD


def _found(name: str) -> StoredBlock:
    with open_blocks(current_settings()) as blocks:
        return blocks.find(name)


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    told = cast("dict[str, Any]", value)
    return _MASK if "$secret" in told else {key: _masked(item) for key, item in told.items()}


__all__ = ["block"]
