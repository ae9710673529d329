"""Which packages are worth importing before a kernel is forked."""

from __future__ import annotations

from collections.abc import Iterable

PRELOADED = ("matplotlib", "numpy", "pandas")
"""Slow to import, in half of all notebooks, and known to work after a fork. Never a project's own modules, which
change while a server lives; nothing that starts threads or takes hold of a device."""

# What comes with a package anyway: fewer distinct sets, so fewer servers.
_BRINGS = {"matplotlib": {"numpy"}, "pandas": {"numpy"}}


def preloads_of(imports: Iterable[str], allowed: Iterable[str] = PRELOADED) -> tuple[str, ...]:
    """What to load for a notebook with these imports, sorted."""
    wanted = set(imports) & set(allowed)
    return tuple(sorted(wanted.union(*(_BRINGS.get(name, set()) for name in wanted))))
