"""Whether a value of the notebook is still the same: by its content where that is small, else by which object it is."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from types import FunctionType, ModuleType
from typing import Any, cast

from jupyter_flows.caching.content import content_hash
from jupyter_flows.caching.tokens import Unhashable

_MOST_ITEMS = 2_000
_MOST_BYTES = 1_000_000
_CONTAINERS = (list, tuple, set, frozenset, dict)
_TEXTS = (str, bytes, bytearray)


def value_digest(value: object, mark: str = "") -> str:
    """Return a text that stays the same as long as the value does.

    Parameters
    ----------
    mark
        Stands for a value that is too large to be looked at, or has no content hash: the run that gave it.
    """
    if _is_small(value):
        try:
            return content_hash(value)
        except Unhashable:
            pass
    return mark or f"object {id(value):x}"


def is_definition(value: object) -> bool:
    """Whether a value is a function, class, task or flow: what a cell uses as code."""
    return isinstance(value, FunctionType | type) or isinstance(getattr(value, "fn", None), FunctionType)


def is_module(value: object) -> bool:
    """Whether a value is a module, which is as good as its import."""
    return isinstance(value, ModuleType)


def _is_small(value: object) -> bool:
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size <= _MOST_BYTES
    if isinstance(value, _TEXTS):
        return len(value) <= _MOST_BYTES
    if isinstance(value, _CONTAINERS):
        return _has_few(value)
    columns = getattr(value, "columns", None)
    if isinstance(value, Sized) and isinstance(columns, Sized):  # a table
        return len(value) * max(len(columns), 1) <= _MOST_ITEMS
    return not isinstance(value, Sized) or isinstance(value, type) or len(value) <= _MOST_ITEMS


def _has_few(value: object) -> bool:
    """Whether a container has few items, with those of the containers in it; it may be in itself."""
    left, waiting = _MOST_ITEMS, [value]
    while waiting:
        container = cast("Any", waiting.pop())
        items = [*container.keys(), *container.values()] if isinstance(container, Mapping) else container
        left -= len(items)
        if left < 0:
            return False
        for item in items:
            if isinstance(item, _CONTAINERS):
                waiting.append(item)
            elif not _is_small(item):
                return False
    return True
