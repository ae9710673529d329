"""JSON for values that come back from it as they were: no tuple becomes a list, no key a string."""

from __future__ import annotations

import json
from collections.abc import Collection
from math import isfinite
from typing import cast

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
        if id(item) in seen:
            return False
        seen.add(id(item))
    return True
