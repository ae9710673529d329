"""The packages that a notebook imports, found in its text: what is worth having loaded before its kernel starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)[\w.]*[ \t]+import\b|import[ \t]+([\w., \t]+))", re.MULTILINE)
_BOUND = re.compile(
    r"^[ \t]*(?:from[ \t]+(\w+)[\w.]*[ \t]+import[ \t]+\(?([\w., \t]+)|import[ \t]+([\w., \t]+)).*$", re.MULTILINE
)


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


def used_names(sources: Iterable[str]) -> frozenset[str]:
    """Those of the imported packages by whose names, or by the names of their parts, the code goes on to do something.

    Parameters
    ----------
    sources
        The text of each code cell, in any language.
    """
    texts = list(sources)
    bound = {name: package for text in texts for name, package in _bound_names(text)}
    words = {word for text in texts for word in re.findall(r"(?<![\w.])[^\W\d]\w*", _BOUND.sub("", text))}
    return frozenset(package for name, package in bound.items() if name in words)


def _bound_names(text: str) -> Iterator[tuple[str, str]]:
    for package, parts, modules in _BOUND.findall(text):
        for part in (parts or modules).split(","):
            name, _, alias = part.strip().partition(" as ")
            yield alias.strip() or (name if package else name.partition(".")[0]), package or name.partition(".")[0]
