"""`jupyter flows cache`: its verbs ``ls`` and ``clear``; ``explain`` is in a file of its own."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import Any

from jupyter_flows.cli.cache_explaining import explain
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import iso, local
from jupyter_flows.model.records import ResultKept


def cache(options: Namespace, screen: Screen) -> int:
    """List or forget the values that later runs can find, or explain a look-up."""
    if options.verb == "explain":
        return explain(options, screen)
    return _clear(options, screen) if options.verb == "clear" else _ls(options, screen)


def _ls(options: Namespace, screen: Screen) -> int:
    now = time.time()
    with opened_store() as store:
        found = store.cached(options.limit)
    if options.json:
        screen.json({"cached": [_as_json(kept, now) for kept in found]})
    elif not found:
        screen.line("Nothing is cached.")
    else:
        screen.table(["KEY", "FROM", "KEPT", "EXPIRES", "SIZE"], [_row(kept, now) for kept in found])
    return GOOD


def _row(kept: ResultKept, now: float) -> list[Cell]:
    expires = "never" if kept.expires_at is None else local(kept.expires_at, now)
    gone = "dim" if _expired(kept, now) else ""
    cells = (kept.cache_key or "", f"{kept.run_id}-{kept.number}", local(kept.at, now), expires, str(_size(kept)))
    return [Cell(text, gone) for text in cells]


def _as_json(kept: ResultKept, now: float) -> dict[str, Any]:
    return {
        "key": kept.cache_key,
        "run": kept.run_id,
        "task_run": f"{kept.run_id}-{kept.number}",
        "kept_at": iso(kept.at),
        "expires_at": iso(kept.expires_at),
        "expired": _expired(kept, now),
        "serializer": kept.result.serializer,
        "size": _size(kept),
    }


def _expired(kept: ResultKept, now: float) -> bool:
    return kept.expires_at is not None and kept.expires_at <= now


def _size(kept: ResultKept) -> int:
    return kept.result.size or len(kept.result.inline)


def _clear(options: Namespace, screen: Screen) -> int:
    with opened_store() as store:
        count = store.clear_cache(options.key)
    if options.json:
        screen.json({"cleared": count})
    else:
        screen.line(f"forgot {count:,} cached value{'' if count == 1 else 's'}; the values stay with their runs")
    return GOOD
