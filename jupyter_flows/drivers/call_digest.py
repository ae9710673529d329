"""What tells calls of one task apart from process to process: a checksum of their plain arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zlib import crc32

_LONGEST_TEXT = 4096
_MOST_ITEMS = 16
_MOST_BITS = 2_000
_PLAIN = frozenset({bool, float, type(None), date, datetime})


def call_digest(args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """Return the same number for the same plain arguments in every process.

    Numbers, texts, dates and short tuples of them count with their value, everything else with its type alone: what
    can change (a list) may have done so by the next attempt. This is on the path of every task, and decides only
    which call of an earlier attempt a call is, next to the order of calls. It is no cache key.
    """
    checksum = 0
    for value in args:
        checksum = crc32(_text(value), checksum)
    for name, value in kwargs.items():
        checksum = crc32(_text(value), crc32(name.encode("utf-8", "surrogatepass"), checksum))
    return checksum


def _text(value: Any, nested: bool = False) -> bytes:
    kind = type(value)
    if kind is str:
        return value[:_LONGEST_TEXT].encode("utf-8", "surrogatepass")
    if kind is int:
        return repr(value).encode() if value.bit_length() <= _MOST_BITS else b"int"
    if kind in _PLAIN:
        return repr(value).encode()
    if kind is tuple and not nested and len(value) <= _MOST_ITEMS:
        return b"".join([_text(item, nested=True) + b"," for item in value])
    return kind.__qualname__.encode("utf-8", "surrogatepass")


__all__ = ["call_digest"]
