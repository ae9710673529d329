"""`jupyter flows limits`."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.listing import SHORT_ID
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import TargetError
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.settings import load_settings

if TYPE_CHECKING:
    from jupyter_flows.store.limits import Limit, Limits, SlotHolder

_LONGEST_NAME = 200
_MOST_HOLDERS = 5


def limits(options: Namespace, screen: Screen) -> int:
    """List limits, set one, or delete one."""
    if options.verb == "ls":
        return _list(options, screen)
    name = options.name
    with _opened() as store:
        if options.verb == "delete":
            store.delete(name)
            said, told = "is deleted", {"limit": name, "deleted": True}
        else:
            _check(name)
            is_new = store.set(name, options.slots, time.time())
            said = f"{'has' if is_new else 'has now'} {options.slots} slot{'' if options.slots == 1 else 's'}"
            told = {"limit": name, "slots": options.slots, "created": is_new}
    if options.json:
        screen.json(told)
    else:
        screen.line(Cell(name, "bold"), f" {said}")
    return GOOD


@contextmanager
def _opened() -> Iterator[Limits]:
    from jupyter_flows.store.limits import Limits
    from jupyter_flows.store.location import open_sql

    store = Limits(open_sql(load_settings()))
    try:
        yield store
    finally:
        store.close()


def _check(name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise TargetError("limits set", f"a limit's name is 1 to {_LONGEST_NAME} printable characters")


def _list(options: Namespace, screen: Screen) -> int:
    with _opened() as store:
        found = store.all()
    of_settings = {
        name: slots for name, slots in load_settings().limits.items() if name not in {one.name for one in found}
    }
    if options.json:
        listed = [_as_json(one) for one in found]
        screen.json({"limits": [*listed, *(_of_settings(name, slots) for name, slots in of_settings.items())]})
    elif found or of_settings:
        rows = [_row(one) for one in found]
        rows += [
            [Cell(first_line(name, 40), "bold"), Cell(str(slots)), Cell(""), Cell("by the settings", "dim")]
            for name, slots in of_settings.items()
        ]
        screen.table(("LIMIT", "SLOTS", "TAKEN", "BY"), rows)
    else:
        screen.line("No limit yet. Set one: jupyter flows limits set NAME SLOTS")
    return GOOD


def _row(limit: Limit) -> list[Cell]:
    holders = [f"{first_line(one.run_name, 40)} {_short(one)}" for one in limit.holders]
    more = f" and {len(holders) - _MOST_HOLDERS} more" if len(holders) > _MOST_HOLDERS else ""
    slots = "no limit" if limit.slots is None else str(limit.slots)
    taken = str(limit.taken)
    return [
        Cell(first_line(limit.name, 40), "bold"),
        Cell(slots),
        Cell(taken),
        Cell(", ".join(holders[:_MOST_HOLDERS]) + more, "dim"),
    ]


def _short(holder: SlotHolder) -> str:
    """The run's short id, or the whole word for a process that holds slots outside any run."""
    return holder.run_id if holder.number < 0 and not holder.run_name else holder.run_id[:SHORT_ID]


def _as_json(limit: Limit) -> dict[str, Any]:
    holders = [
        {"run_id": one.run_id, "run": one.run_name, "number": one.number, "slots": one.slots} for one in limit.holders
    ]
    return {"name": limit.name, "slots": limit.slots, "taken": limit.taken, "holders": holders, "source": "store"}


def _of_settings(name: str, slots: int) -> dict[str, Any]:
    return {"name": name, "slots": slots, "taken": None, "holders": [], "source": "settings"}


__all__ = ["limits"]
