"""Tokens of lists, tuples, dicts, sets and their kin.

Order counts where it counts for equality: in lists, tuples and ``OrderedDict``, not in dicts and sets. Long runs of
numbers or texts are hashed as one buffer instead of item by item; which items go together depends on the content alone.
"""

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from math import isnan
from typing import Any

from jupyter_flows.caching.tokens import Walk, atom, node, text

_TOGETHER = 4096  # items hashed as one buffer
_ALONE = 8  # fewer items are not worth it


def encode_sequence(walk: Walk, value: list[Any] | tuple[Any, ...]) -> bytes:
    """Encode a list or tuple."""
    walk.spent += len(value)
    return node(type(value).__name__.encode(), (b"%d;" % len(value), encode_items(walk, value)))


def encode_items(walk: Walk, items: Iterable[Any]) -> bytes:
    """Encode items in order: their tokens, or for long runs the digest of each run."""
    if isinstance(items, list | tuple) and len(items) < _ALONE:
        return b"".join(map(walk.token, items))
    together = sha256()
    alone: list[bytes] = []
    for run in _runs(items):
        if len(run) < _ALONE:
            alone += map(walk.token, run)
        else:
            together.update(encode_run(walk, run))
    return atom(b"items", together.digest()) + b"".join(alone)


def _runs(items: Iterable[Any]) -> Iterator[Sequence[Any]]:
    if isinstance(items, list | tuple) and len(items) <= _TOGETHER:
        if items:
            yield items
        return
    rest = iter(items)
    while run := list(islice(rest, _TOGETHER)):
        yield run


def encode_run(walk: Walk, run: Sequence[Any]) -> bytes:
    """Encode up to 4,096 items; of one plain type as one buffer, else token by token."""
    kinds = set(map(type, run))
    if kinds == {int}:
        try:
            return atom(b"ints", array("q", run).tobytes())
        except OverflowError:
            pass
    elif kinds == {float} and not any(map(isnan, run)):
        return atom(b"floats", array("d", run).tobytes())
    elif str in kinds:
        return _texts(walk, run)
    return node(b"mixed", map(walk.token, run))


def _texts(walk: Walk, run: Sequence[Any]) -> bytes:
    texts = [item for item in run if type(item) is str]
    lengths = array("q", map(len, texts)).tobytes()
    others = (b"%d;" % place + walk.token(item) for place, item in enumerate(run) if type(item) is not str)
    rest = node(b"others", others) if len(texts) < len(run) else b""
    return atom(b"lengths", lengths) + text(b"texts", "".join(texts)) + rest


def encode_dict(walk: Walk, value: dict[Any, Any]) -> bytes:
    """Encode a dict whatever the order of its keys."""
    walk.spent += len(value)
    pairs = sorted(_pairs(walk, value))
    return node(type(value).__name__.encode(), pairs)


def _pairs(walk: Walk, value: dict[Any, Any]) -> Iterator[bytes]:
    return (walk.token(key) + walk.token(item) for key, item in value.items())


def encode_ordered_dict(walk: Walk, value: OrderedDict[Any, Any]) -> bytes:
    """Encode a dict whose order counts."""
    walk.spent += len(value)
    return node(b"OrderedDict", _pairs(walk, value))


def encode_default_dict(walk: Walk, value: defaultdict[Any, Any]) -> bytes:
    """Encode a dict with what makes its missing values."""
    return node(b"defaultdict", (walk.token(value.default_factory), encode_dict(walk, value)))


def encode_set(walk: Walk, value: set[Any] | frozenset[Any]) -> bytes:
    """Encode a set whatever its order."""
    walk.spent += len(value)
    # Definitions are numbered as they are met (see definitions.py), so they are met in the order of their names.
    members = sorted(value, key=_definition_name)
    return node(type(value).__name__.encode(), sorted(map(walk.token, members)))


def _definition_name(member: Any) -> str:
    return str(getattr(member, "__qualname__", ""))


def encode_deque(walk: Walk, value: deque[Any]) -> bytes:
    """Encode a deque with its bound."""
    return node(b"deque", (walk.token(value.maxlen), encode_sequence(walk, list(value))))


COLLECTIONS = {
    list: encode_sequence,
    tuple: encode_sequence,
    dict: encode_dict,
    OrderedDict: encode_ordered_dict,
    defaultdict: encode_default_dict,
    Counter: encode_dict,
    set: encode_set,
    frozenset: encode_set,
    deque: encode_deque,
}
