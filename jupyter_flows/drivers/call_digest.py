"""What tells calls of one task apart from process to process: a checksum of their plain arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import EnumType
from functools import lru_cache
from itertools import islice
from pathlib import PurePath
from typing import Any
from zlib import crc32

_LONGEST_TEXT = 4096
_MOST_ITEMS = 16
_MOST_BITS = 2_000
_DEEPEST = 2
_PLAIN = frozenset({bool, float, complex, type(None), date, datetime, time, timedelta})
_NAMED = frozenset({"decimal.Decimal", "fractions.Fraction", "uuid.UUID"})  # not imported for this
_Teller = Callable[[Any, int], bytes]


def call_digest(args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """Return the same number for the same plain arguments in every process.

    Numbers, texts, dates, paths, members of enumerations, and the first items of tuples, frozen sets and frozen
    dataclasses of them count with their value. Everything else counts with its type alone: what can be changed (a
    list) may have been by the next attempt, and no set holds it. This is on the path of every task, and decides only
    which call of an earlier attempt a call is, next to the order of calls: a flow that goes through a set calls in
    another order in every process. It is no cache key.
    """
    checksum = 0
    for value in args:
        checksum = crc32(_text(value), checksum)
    for name, value in kwargs.items():
        checksum = crc32(_text(value), crc32(name.encode("utf-8", "surrogatepass"), checksum))
    return checksum


def _text(value: Any, depth: int = 0) -> bytes:
    kind = type(value)
    if kind is str:
        return value[:_LONGEST_TEXT].encode("utf-8", "surrogatepass")
    if kind is int:
        return repr(value).encode() if value.bit_length() <= _MOST_BITS else b"int"
    if kind in _PLAIN:
        return repr(value).encode()
    try:
        return _teller(kind)(value, depth)
    except Exception:  # noqa: BLE001 - a user's class may do anything
        return b""


@lru_cache(maxsize=256)
def _teller(kind: type) -> _Teller:
    """How values of a type are told; by the type itself, since a stand-in answers `isinstance` by its value."""
    name = kind.__qualname__.encode("utf-8", "surrogatepass")
    inside = _insides(kind)
    if inside is None:
        return lambda _value, _depth: name
    return lambda value, depth: name + inside(value, depth)


def _insides(kind: type) -> _Teller | None:
    if isinstance(kind, EnumType):
        return lambda value, depth: _text(value.value, depth)
    for base, teller in _BASES:
        if issubclass(kind, base):
            return teller
    if f"{kind.__module__}.{kind.__qualname__}" in _NAMED:
        return lambda value, _depth: str(value).encode()
    if kind.__module__ == "numpy" and hasattr(kind, "item") and not hasattr(kind, "__len__"):
        return lambda value, _depth: repr(value.item()).encode()
    if "__dataclass_fields__" in kind.__dict__ and kind.__dict__["__dataclass_params__"].frozen:
        names: tuple[str, ...] = tuple(kind.__dict__["__dataclass_fields__"])
        return lambda value, depth: _items((getattr(value, name) for name in names), len(names), depth)
    return None


def _items(items: Iterable[Any], length: int, depth: int) -> bytes:
    if depth == _DEEPEST:
        return b"%d" % length
    return b"%d:" % length + b",".join([_text(item, depth + 1) for item in islice(items, _MOST_ITEMS)])


def _set_items(value: Any, depth: int) -> bytes:
    if depth == _DEEPEST or len(value) > _MOST_ITEMS:
        return b"%d" % len(value)
    return b"%d:" % len(value) + b",".join(sorted([_text(item, depth + 1) for item in value]))


# Classes made from a plain one are asked by that one's own methods.
_BASES: tuple[tuple[type, _Teller], ...] = (
    (tuple, lambda value, depth: _items(value, len(value), depth)),
    (frozenset, _set_items),
    (PurePath, lambda value, _depth: str(value).encode("utf-8", "surrogatepass")),
    (str, lambda value, _depth: str.__getitem__(value, slice(_LONGEST_TEXT)).encode("utf-8", "surrogatepass")),
    (bytes, lambda value, _depth: bytes.__getitem__(value, slice(_LONGEST_TEXT))),
    (int, lambda value, _depth: int.__repr__(value).encode() if int.bit_length(value) <= _MOST_BITS else b""),
    (float, lambda value, _depth: float.__repr__(value).encode()),
    (datetime, lambda value, _depth: datetime.isoformat(value).encode()),
    (date, lambda value, _depth: date.isoformat(value).encode()),
)


__all__ = ["call_digest"]
