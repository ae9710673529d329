"""The flows directory: whether it can be written to, by this user alone, and on what disk it is."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding
from jupyter_flows.settings import Settings
from jupyter_flows.store.location import network_file_system

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LITTLE, _TOO_LITTLE = 1_000_000_000, 50_000_000  # bytes free
_BESIDE = ("", "-wal", "-shm", ".lock", ".checkpoint")


def look_at_folders(settings: Settings) -> Iterator[Finding]:
    """Look at the folders and files that the settings name; nothing is made."""
    folder = settings.flows_dir
    if not folder.is_dir():
        parent = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(parent, os.W_OK):
            advice = "give the right to write there, or name another place by JUPYTER_FLOWS_DIR"
            yield Finding(FAIL, "directory", f"{folder} is not there, and {parent} cannot be written to", advice)
        else:
            yield Finding(OK, "directory", f"{folder} is not there yet; the first run makes it")
        return
    yield _rights(folder, settings)
    yield _room(folder)
    yield from _network(settings)


def _rights(folder: Path, settings: Settings) -> Finding:
    store = settings.database_path
    files = [Path(f"{store}{end}") for end in _BESIDE] if store is not None else []
    places = [place for place in (folder, settings.runs_dir, *files) if place.exists()]
    locked = [place for place in places if not os.access(place, os.R_OK | os.W_OK)]
    if locked:
        return Finding(
            FAIL, "directory", f"this user cannot write to {_listed(locked)}", "give the right to write there"
        )
    foreign = [place for place in places if hasattr(os, "getuid") and place.stat().st_uid != os.getuid()]
    if foreign and os.getuid() != 0:
        return Finding(WARN, "directory", f"{_listed(foreign)} belongs to another user", "make it this user's own")
    open_ones = [place for place in places if os.name == "posix" and place.stat().st_mode & _OTHERS]
    if open_ones:
        said = f"others can read {_listed(open_ones)}: parameters and outputs may be private"
        return Finding(WARN, "directory", said, f"chmod -R go-rwx {folder}")
    return Finding(OK, "directory", f"{folder}, for this user alone")


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:,.1f} GB free"
    if free < _LITTLE:
        advice = "free some space; jupyter flows gc --days 30 removes old runs"
        return Finding(FAIL if free < _TOO_LITTLE else WARN, "disk", said, advice)
    return Finding(OK, "disk", said)


def _network(settings: Settings) -> Iterator[Finding]:
    path = settings.database_path
    if path is None or not sys.platform.startswith("linux"):
        return
    kind = network_file_system(path)
    if kind is None:
        yield Finding(OK, "file system", "local")
    else:
        said = f"{path} is on a network file system ({kind}), where SQLite is not safe: runs end with their process"
        yield Finding(FAIL, "file system", said, "name a local file by JUPYTER_FLOWS_DATABASE_URL=sqlite:////PATH")


def _listed(places: Iterable[Path]) -> str:
    return ", ".join(map(str, places))


__all__ = ["look_at_folders"]
