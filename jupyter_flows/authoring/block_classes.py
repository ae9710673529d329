"""Which class a type of block has: the newest of that name in this process, else the one that its home names."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_flows.authoring.block import Block

_classes: dict[str, type[Any]] = {}


def slug_of(cls: type[Block]) -> str:
    """Return the word for a type: given, else made from its title, else from the class's name."""
    given = cls._block_type_slug
    if given:
        return given
    title = cls._block_type_name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__)
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "block"


def note_class(cls: type[Block]) -> None:
    """Remember a class; one that is defined again, as in a cell that is run again, takes the place of the earlier."""
    _classes[slug_of(cls)] = cls


def home_of(cls: type[Block]) -> str:
    """Say where a class is to be found again."""
    return f"{cls.__module__}:{cls.__qualname__}"


def class_of(kind: str, home: str) -> type[Block] | None:
    """Find the class of a type; None where this process neither has it nor can import it."""
    known = _classes.get(kind)
    if known is not None:
        return known
    module, _, name = home.partition(":")
    if module in {"", "__main__"} or "<" in name:
        return None
    try:
        found: Any = sys.modules.get(module) or import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return _classes.get(kind)


__all__ = ["class_of", "home_of", "note_class", "slug_of"]
