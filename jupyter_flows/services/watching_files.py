"""Looking for files that appeared or changed, and are complete: by looking again and again, on any file system."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from jupyter_flows.automations.triggers import FileChange
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.store.automations import FileMark

CHANGED = "file.changed"
MOST_FILES = 10_000
"""How many files one pattern may name; those beyond are not looked at."""


@dataclass(slots=True)
class _Seen:
    """A file that is not complete yet: as it was last, and since when, on a clock that is never set."""

    mark: FileMark
    since: float


class FileWatch:
    """What one trigger watches.

    Parameters
    ----------
    trigger
        With an absolute pattern.
    """

    def __init__(self, trigger: FileChange) -> None:
        self.trigger = trigger
        self._seen: dict[str, _Seen] = {}
        self.trouble = ""

    def look(self, known: Mapping[str, FileMark], clock: float, now: float) -> list[tuple[str, StoredEvent]]:
        """Return complete files that are not known as they are now, each as an event with its key.

        `trouble` says afterwards why nothing can be seen; a folder that is gone is looked for again.

        Parameters
        ----------
        known
            Files as they were when they were taken.
        clock, now
            The time on a clock that is never set, and in seconds since the epoch.
        """
        root = _root(self.trigger.path)
        if not os.path.isdir(root):  # noqa: PTH112 - also of a text that is no path
            self.trouble = f"{root} is not there"
            return []
        marks = dict(files_of(self.trigger.path))
        full = len(marks) >= MOST_FILES
        self.trouble = f"{self.trigger.path} names more than {MOST_FILES} files; the rest is left out" if full else ""
        fresh = {path: mark for path, mark in marks.items() if known.get(path) != mark}
        seen, self._seen = self._seen, {}
        found: list[tuple[str, StoredEvent]] = []
        for path, mark in fresh.items():
            before = seen.get(path)
            if before is None or before.mark != mark:
                self._seen[path] = _Seen(mark, clock)
                continue
            self._seen[path] = before
            if clock - before.since >= self.trigger.settle_seconds:
                found.append(
                    (f"file:{mark[0]}:{mark[1]}:{path}", file_event(path, mark, now, is_new=path not in known))
                )
        return found


def files_of(pattern: str) -> Iterator[tuple[str, FileMark]]:
    """Give the regular files that a pattern names, with their sizes and times."""
    for path in islice(glob.iglob(pattern, recursive=True), MOST_FILES):  # noqa: PTH207 - a pattern may be absolute
        try:
            found = os.stat(path)  # noqa: PTH116 - called very often
        except (OSError, ValueError):  # gone since
            continue
        if stat.S_ISREG(found.st_mode):
            yield path, (found.st_size, found.st_mtime_ns)


def pattern_of(path: str, folder: Path) -> str:
    """Return the absolute pattern that a path means: of a folder, every file in it.

    Parameters
    ----------
    folder
        From which a relative path is meant.
    """
    whole = str(folder / Path(path).expanduser())
    is_folder = path.endswith("/") or (not glob.has_magic(path) and os.path.isdir(whole))  # noqa: PTH112
    return f"{whole}/*" if is_folder else whole


def _root(pattern: str) -> str:
    """The folder above the first part of a pattern in which a sign stands for others."""
    parts = Path(pattern).parts
    first = next((at for at, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    plain = parts[:first]
    return str(Path(*plain)) if plain else "/"


def file_event(path: str, mark: FileMark, now: float, *, is_new: bool) -> StoredEvent:
    """Return what is told of a file that an automation takes."""
    size, time = mark
    payload = {
        "path": path,
        "name": os.path.basename(path),  # noqa: PTH119 - any text
        "size": size,
        "modified_at": time / 1e9,
        "is_new": is_new,
    }
    return StoredEvent(0, now, CHANGED, path, payload=payload)


__all__ = ["CHANGED", "MOST_FILES", "FileWatch", "file_event", "files_of", "pattern_of"]
