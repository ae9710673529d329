"""Which class a type of block has: that of its home, else the newest of that name in this process."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_flows.authoring.block import Block

_classes: dict[str, dict[str, type[Any]]] = {}  # by slug, then by home; the newest last


def slug_of(cls: type[Block]) -> str:
    """Return the word for a type: given, else made from its title, else from the class's name."""
    given = cls._block_type_slug
    if given:
        return given
    title = cls._block_type_name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__)
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "block"


def note_class(cls: type[Block]) -> None:
    """Remember a class; one that is defined again, as in a cell that is run again, takes the place of the earlier."""
    known = _classes.setdefault(slug_of(cls), {})
    known.pop(home_of(cls), None)
    known[home_of(cls)] = cls


def home_of(cls: type[Block]) -> str:
    """Say where a class is to be found again."""
    return f"{cls.__module__}:{cls.__qualname__}"


def class_of(kind: str, home: str) -> type[Block] | None:
    """Find the class of a type; None where this process neither has it nor can import it."""
    known = _classes.get(kind, {})
    if home not in known:
        _import(home)
        known = _classes.get(kind, {})
    return known.get(home) or next(reversed(known.values()), None)


def _import(home: str) -> None:
    """Import the module of a home, which notes its classes; one that is not there here is no error."""
    module = home.partition(":")[0]
    if module not in {"", "__main__"} and module not in sys.modules:
        with suppress(ImportError):
            import_module(module)


__all__ = ["class_of", "home_of", "note_class", "slug_of"]
