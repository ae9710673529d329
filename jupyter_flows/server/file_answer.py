"""A file of a run, given so that it can do nothing.

It is opened so that nothing outside of the run's folder can be reached. A browser that shows it runs no script of it,
and lets it use none of the user's cookies.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import FileIO
from pathlib import PurePosixPath
from typing import Self
from urllib.parse import quote

from jupyter_flows.errors import FileNotServed
from jupyter_flows.model.runs import FlowRun

# What a browser may show; everything else is only to be saved. SVG and pages are shown without script or origin.
SHOWN = {
    ".txt": "text/plain; charset=utf-8",
    ".log": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".csv": "text/plain; charset=utf-8",
    ".json": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_PAGE = {".html": "text/html; charset=utf-8"}
POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'self'"
_CHUNK = 1 << 18
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A file that is open for reading; used with ``with``.

    Parameters
    ----------
    content
        The file, which closes itself where whoever asked for it has gone before it was given.
    size
        In bytes, when it was opened.
    name
        Its own name.
    media_type
        What the browser is told that it is.
    shown
        Whether the browser may show it.
    """

    content: FileIO
    size: int
    name: str
    media_type: str
    shown: bool

    def headers(self) -> dict[str, str]:
        """Return the headers that it is given with."""
        plain = _UNFIT.sub("_", self.name)[-100:] or "file"
        kind = "inline" if self.shown else "attachment"
        return {
            "Content-Disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(self.name, safe='')}",
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
            "Content-Length": str(self.size),
        }

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes, at most as many as there were when the file was opened."""
        left = self.size
        while left > 0 and (part := self.content.read(min(_CHUNK, left))):
            left -= len(part)
            yield part

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.content.close()


def open_file(run: FlowRun, location: str, *, page: bool = False, download: bool = False) -> FileAnswer:
    """Open a file in a run's folder.

    No part of the path may be a symbolic link, and none may lead upwards.

    Parameters
    ----------
    run
        Whose folder it is in.
    location
        Relative to the folder.
    page
        Whether HTML may be shown; a file that a run attached is only to be saved.
    download
        Whether it is only to be saved, whatever it is.

    Raises
    ------
    FileNotServed
    """
    parts = _parts(run, location)
    suffix = PurePosixPath(location).suffix.lower()
    known = {**SHOWN, **(_PAGE if page else {})}
    handle = _opened(run, parts, location)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise FileNotServed(run.id, location, "it is no plain file")
    shown = suffix in known and not download
    media_type = known[suffix] if shown else "application/octet-stream"
    return FileAnswer(FileIO(handle), found.st_size, parts[-1], media_type, shown)


def _parts(run: FlowRun, location: str) -> tuple[str, ...]:
    path = PurePosixPath(location)
    bad = "\0" in location or "\\" in location or path.is_absolute() or ".." in path.parts or not path.parts
    if bad:
        raise FileNotServed(run.id, "such file", "its path leads out of the run's folder")
    return path.parts


def _opened(run: FlowRun, parts: tuple[str, ...], location: str) -> int:
    directory = PurePosixPath(run.directory or "")
    if directory.name != run.id or not directory.is_absolute():
        raise FileNotServed(run.id, location, "it keeps no files")
    inner = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with ExitStack() as folders:
        try:
            folder = os.open(directory, inner | os.O_DIRECTORY)
            folders.callback(os.close, folder)
            for part in parts[:-1]:
                folder = os.open(part, inner | os.O_DIRECTORY, dir_fd=folder)
                folders.callback(os.close, folder)
            return os.open(parts[-1], inner | os.O_NONBLOCK, dir_fd=folder)
        except (OSError, ValueError) as error:
            why = "it is gone, or a link" if isinstance(error, OSError) else "its path cannot be read"
            raise FileNotServed(run.id, location, why) from None


__all__ = ["POLICY", "SHOWN", "FileAnswer", "open_file"]
