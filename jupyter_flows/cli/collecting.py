"""`jupyter flows gc`."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from jupyter_flows.cli.counted import counted
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.sizes import size_words
from jupyter_flows.settings import load_settings

if TYPE_CHECKING:
    from jupyter_flows.services.retention import Removal


def gc(options: Namespace, screen: Screen) -> int:
    """Remove old runs, or say which would go."""
    from jupyter_flows.services.retention import outdated, preview, remove

    settings, now = load_settings(), time.time()
    with opened_store(settings) as store:
        chosen = outdated(store, settings, now, options.keep, options.days)
        removal = preview(settings, chosen) if options.dry_run else remove(store, settings, chosen, now)
    if options.json:
        screen.json(_as_json(removal, options.dry_run))
        return GOOD
    verb, count = ("would remove", "would free") if options.dry_run else ("removed", "freed")
    words = [counted(len(removal.run_ids), "run"), counted(len(removal.folders), "folder")]
    words += [counted(removal.ticks, "tick")] if removal.ticks else []
    what = f"{', '.join(words[:-1])} and {words[-1]}"
    screen.line(f"{verb} {what}, {count} {size_words(removal.bytes_freed)}")
    for folder in removal.kept_folders:
        screen.line(Cell(f"  left alone: {folder} (not a folder of ours, or not removable)", "dim"))
    return GOOD


def _as_json(removal: Removal, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "runs": list(removal.run_ids),
        "ticks": removal.ticks,
        "folders": [str(folder) for folder in removal.folders],
        "kept_folders": [str(folder) for folder in removal.kept_folders],
        "bytes_freed": removal.bytes_freed,
    }
