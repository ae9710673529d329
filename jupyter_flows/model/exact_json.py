"""JSON for values that come back from it as they were: no tuple becomes a list, no key a string."""

from __future__ import annotations

import json
from collections.abc import Collection
from math import isfinite
from typing import cast

SMALL_BYTES = 4096  # what rides in the state's own transaction without making it slow
DEPTH = 100  # deeper nesting could end in a RecursionError on reading
_INT_BITS = 2_000  # Python may refuse to read integers of more than 640 digits

_EXACT = frozenset({type(None), bool, int, float, str, list, dict})
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def exact_json(value: object) -> bytes | None:
    """Return a value as JSON in UTF-8, or None where reading it back would not give an equal value of the same types.

    So are refused: tuples and sets, NaN and infinities, keys that are no strings, subclasses of the plain types,
    surrogates, very long integers, very deep nesting, and a container that is in the value twice (or in itself).
    """
    if value is None:
        return b"null"
    if not _is_exact(value):
        return None
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:  # a surrogate: two of them would come back as one character
        return None


def small_json(value: object) -> str | None:
    """Return a value as exact JSON text where that is small; None otherwise.

    Made for the path of every task: of what is large no more is looked at than what would fit.
    """
    if value is None:
        return "null"
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if isinstance(value, int) and kind is int:  # the commonest values, and no encoder is as quick
        return repr(value) if value.bit_length() <= _INT_BITS else None
    if kind not in _EXACT or not _may_be_small(value):
        return None
    text = exact_json(value)
    return text.decode() if text is not None and len(text) <= SMALL_BYTES else None


def _may_be_small(value: object) -> bool:
    left = SMALL_BYTES
    waiting = [value]
    while waiting and left >= 0:
        item = waiting.pop()
        if type(item) is str:
            left -= len(item)
        elif type(item) is list or type(item) is dict:
            items = cast("list[object] | dict[object, object]", item)
            left -= len(items)
            if left >= 0:
                waiting += items
                waiting += items.values() if isinstance(items, dict) else ()
    return left >= 0


def _is_exact(value: object) -> bool:
    seen: set[int] = set()
    level: list[Collection[object]] = [[value]]
    for _ in range(DEPTH):
        below: list[Collection[object]] = []
        for items in level:
            kinds = set(map(type, items))
            if not kinds <= _EXACT or not _scalars_are_exact(items, kinds):
                return False
            if (list in kinds or dict in kinds) and not _open(items, seen, below):
                return False
        if not below:
            return True
        level = below
    return False


def _scalars_are_exact(items: Collection[object], kinds: set[type]) -> bool:
    if float in kinds and not all(isfinite(item) for item in items if type(item) is float):
        return False
    return int not in kinds or all(item.bit_length() <= _INT_BITS for item in items if type(item) is int)


def _open(items: Collection[object], seen: set[int], below: list[Collection[object]]) -> bool:
    for item in items:
        if type(item) is dict:
            content = cast("dict[object, object]", item)
            if not set(map(type, content)) <= {str}:
                return False
            below.append(content.values())
        elif type(item) is list:
            below.append(cast("list[object]", item))
        else:
            continue
        identity = id(cast("object", item))
        if identity in seen:
            return False
        seen.add(identity)
    return True
