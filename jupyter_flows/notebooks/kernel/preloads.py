"""Which packages are worth importing before a kernel is forked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

PRELOADED = ("matplotlib", "numpy", "pandas")
"""Slow to import, in half of all notebooks, and known to work after a fork. Never a project's own modules, which
change while a server lives; nothing that starts threads or takes hold of a device."""

_OWN_LINES = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)

# What comes with a package anyway: fewer distinct sets, so fewer servers.
_BRINGS = {"matplotlib": {"numpy"}, "pandas": {"numpy"}}


def packages_imported(sources: Iterable[str]) -> frozenset[str]:
    """Top-level names of the packages that cells import, also inside functions; a cell that is no Python has none.

    Parameters
    ----------
    sources
        Code of the cells. Lines that are IPython's own (``%`` and ``!``) are passed over.
    """
    found: set[str] = set()
    for source in sources:
        plain = _OWN_LINES.sub(r"\1pass", source)
        try:
            tree = ast.parse(plain)
        except (SyntaxError, ValueError, RecursionError):
            continue
        found |= _imported(tree)
    return frozenset(found)


def preloads_of(imports: Iterable[str], allowed: Iterable[str] = PRELOADED) -> tuple[str, ...]:
    """What to load for a notebook with these imports, sorted."""
    wanted = set(imports) & set(allowed)
    return tuple(sorted(wanted.union(*(_BRINGS.get(name, set()) for name in wanted))))


def _imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
