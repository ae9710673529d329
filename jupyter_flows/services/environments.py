"""What a deployment was made with: interpreter, kernel and packages, kept to tell later runs from it."""

from __future__ import annotations

import platform
import re
import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

_FIELD = re.compile(r"^(Name|Version)[ \t]*:[ \t]*(\S.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)


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
        "packages": _packages(),
    }
    return {**told, "kernel": kernel} if kernel else told


def _changed_at(place: str) -> int:
    try:
        return Path(place or ".").stat().st_mtime_ns
    except OSError:
        return 0


def _packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for place in sys.path:
        for name, version in _packages_in(place, _changed_at(place)):
            found.setdefault(name, version)  # the first on the path is the one that is imported
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


@lru_cache(maxsize=64)
def _packages_in(place: str, _changed_at: int) -> list[tuple[str, str]]:
    """Look at the files of each package in a folder, unless something was installed or removed there since."""
    heads = [_head(one) for one in metadata.distributions(path=[place])]
    return [(head["name"], head["version"]) for head in heads if head.keys() >= {"name", "version"}]


def _head(package: metadata.Distribution) -> dict[str, str]:
    """Read only name and version: as a message, with its description, each package would take twenty times as long."""
    try:
        text = package.read_text("METADATA") or package.read_text("PKG-INFO") or package.read_text("") or ""
    except OSError:  # a folder that was removed by halves; some finders raise, others find nothing in it
        return {}
    head, _, _ = text.partition("\n\n")
    return {name.lower(): value for name, value in reversed(_FIELD.findall(head))}


__all__ = ["this_environment"]
