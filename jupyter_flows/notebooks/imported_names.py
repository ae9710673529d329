"""The packages that a notebook imports, found in its text: what is worth having loaded before its kernel starts."""

from __future__ import annotations

import re
from collections.abc import Iterable

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)[\w.]*[ \t]+import\b|import[ \t]+([\w., \t]+))", re.MULTILINE)


def imported_names(sources: Iterable[str]) -> frozenset[str]:
    """Top-level names of what is imported in the sources of cells; a guess, since nothing is run.

    Parameters
    ----------
    sources
        The text of each code cell, in any language.
    """
    found: set[str] = set()
    for source in sources:
        for package, listed in _IMPORT.findall(source):
            names = [package] if package else [part.strip().partition(" ")[0] for part in listed.split(",")]
            found.update(name.partition(".")[0] for name in names if name[:1].isidentifier())
    return frozenset(found)
