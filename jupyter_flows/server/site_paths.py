"""Paths that a client names: notebooks in the folder that Lab shows, and nothing outside of it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from jupyter_flows.errors import PathRefused

_NO_ROOT = "this server's contents are no files here; deploy it with `jupyter flows deploy` where they are"


def notebook_in_root(root: Path | None, path: str) -> Path:
    """Return the notebook that a client means.

    Parameters
    ----------
    root
        The folder that Lab shows, without links.
    path
        As Lab names it: relative to the root, with slashes.

    Raises
    ------
    PathRefused
        It leads out of the root, also by a link, or is no notebook.
    """
    if root is None:
        raise PathRefused(path, _NO_ROOT)
    named = PurePosixPath(path.lstrip("/"))
    if "\0" in path or "\\" in path or ".." in named.parts or not named.parts or ":" in named.parts[0]:
        raise PathRefused(path, "give the path of a notebook below the folder that Lab shows")
    if named.suffix != ".ipynb":
        raise PathRefused(path, "it is no notebook: its name does not end in .ipynb")
    try:
        found = Path(os.path.realpath(root / named))
        is_file = found.is_file()
    except (OSError, ValueError) as error:
        raise PathRefused(path, f"it cannot be looked at ({error})") from None
    if not found.is_relative_to(root):
        raise PathRefused(path, "it leads out of the folder that Lab shows")
    if not is_file:
        raise PathRefused(path, "there is no such notebook below the folder that Lab shows")
    return found


def path_in_root(root: Path | None, path: str) -> str | None:
    """Return a file's path as Lab names it; None for one that Lab does not show."""
    if root is None or not path:
        return None
    try:
        found = Path(os.path.realpath(path))
        return found.relative_to(root).as_posix() if found.is_file() else None
    except (OSError, ValueError):
        return None


__all__ = ["notebook_in_root", "path_in_root"]
