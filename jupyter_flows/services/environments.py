"""What a deployment was made with: interpreter, kernel and packages, kept to tell later runs from it."""

from __future__ import annotations

import platform
import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any


def this_environment(kernel: str = "") -> dict[str, Any]:
    """Describe this interpreter, as JSON values.

    Parameters
    ----------
    kernel
        Of a notebook.

    Returns
    -------
    dict
        ``python``, ``implementation``, ``executable``, ``platform``, ``kernel`` (where there is one) and ``packages``
        (name to version).
    """
    told: dict[str, Any] = {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "platform": sys.platform,
        "packages": _packages(tuple((place, _changed_at(place)) for place in sys.path)),
    }
    return {**told, "kernel": kernel} if kernel else told


def _changed_at(place: str) -> int:
    try:
        return Path(place or ".").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _packages(_places: tuple[tuple[str, int], ...]) -> dict[str, str]:
    """Look at each package's files, unless nothing was installed or removed since."""
    found: dict[str, str] = {}
    for one in metadata.distributions():
        try:
            name, version = one.metadata["Name"], one.metadata["Version"]
        except FileNotFoundError:  # a folder that was removed by halves; some finders raise, others find nothing in it
            continue
        if name and version:
            found.setdefault(name, version)  # the first on the path is the one that is imported
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


__all__ = ["this_environment"]
