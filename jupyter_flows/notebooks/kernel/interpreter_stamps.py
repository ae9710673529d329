"""Whether an interpreter and what is installed for it are still what they were when a process loaded them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

Stamps = Mapping[str, tuple[int, int, int]]
"""Path to device, inode and time of the last change in nanoseconds."""


def take_stamps() -> dict[str, tuple[int, int, int]]:
    """Stamp the interpreter, its standard library and its folders of installed packages.

    Installing, removing or upgrading a package adds or removes entries there, which changes the folder's own time.
    """
    installed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    found = {path: _stamp(path) for path in {sys.executable, os.__file__, *installed}}
    return {path: stamp for path, stamp in found.items() if stamp is not None}


def still_hold(stamps: Stamps) -> bool:
    """Whether everything stamped is unchanged."""
    return all(_stamp(path) == tuple(stamp) for path, stamp in stamps.items())


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - on the way of every start
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
