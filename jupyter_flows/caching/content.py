"""`content_hash`: one value, one hash, in every process.

What has a content hash: plain data (``None``, numbers, texts, bytes, dates, paths, decimals, UUIDs, enums), the
collections, dataclasses, attrs and pydantic models, named tuples, functions and classes, partials and bound methods,
NumPy arrays, pandas and Arrow data. Anything else is refused, never hashed in part: a pickle of it may differ from
process to process, and may leave something out.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from types import CodeType, FunctionType
from typing import Any

from jupyter_flows.caching.definitions import Reach, describe, named
from jupyter_flows.caching.encoders import Encoder, find_encoder
from jupyter_flows.caching.scalars import SCALARS
from jupyter_flows.caching.source import code_token
from jupyter_flows.caching.tokens import Unhashable, atom, node, text, type_name

_VERSION = b"content 1;"  # a change of any token changes this, so that old keys are not found by mistake
_REMEMBERED = 32  # what cost less to look at is looked at again rather than remembered


class ContentWalk:
    """One walk through a value: what was seen, what is under way."""

    def __init__(self) -> None:
        self.spent = 0
        self._seen: dict[int, tuple[object, bytes]] = {}  # keeps the objects, so that no id is used again
        self._entered: set[int] = set()
        self._encoders: dict[type, Encoder] = {}
        self._reach: Reach | None = None
        self._lenient = False

    def token(self, value: Any) -> bytes:
        """Return the token of a value, or raise `Unhashable`."""
        kind = type(value)
        scalar = SCALARS.get(kind)
        if scalar is not None:
            return scalar(value)
        if isinstance(value, FunctionType | type):
            return self._definition(value)
        seen = self._seen.get(self._mark(value))
        return seen[1] if seen is not None else self._walk(kind, value)

    def lenient_token(self, value: Any) -> bytes:
        """Return the token of a value in which everything without a content hash counts by its type."""
        before, self._lenient = self._lenient, True
        try:
            return self.token(value)
        finally:
            self._lenient = before

    def kind(self, kind: type) -> bytes:
        """Return the token of a record's class: its name, and where code is described its code too."""
        name = text(b"class", type_name(kind))
        return name if self._reach is None else name + self.token(kind)

    def _mark(self, value: object) -> int:
        return 2 * id(value) + self._lenient

    def _walk(self, kind: type, value: Any) -> bytes:
        encode = self._encoders.get(kind)
        if encode is None:
            encode = self._encoders[kind] = find_encoder(kind)
        mark = self._mark(value)
        before = self.spent
        self.spent += 1
        try:
            if mark in self._entered:
                raise Unhashable(type_name(kind), "it contains itself")
            token = self._encode(encode, mark, value)
        except Unhashable:
            if not self._lenient:
                raise
            token = node(b"of type", (self.kind(kind),))
        if self.spent - before > _REMEMBERED:
            self._seen[mark] = (value, token)
        return token

    def _encode(self, encode: Encoder, mark: int, value: Any) -> bytes:
        self._entered.add(mark)
        try:
            return encode(self, value)
        except RecursionError:
            raise Unhashable(type_name(type(value)), "it is nested too deeply") from None
        except RuntimeError as error:  # a dict or set that another thread writes to
            raise Unhashable(type_name(type(value)), str(error)) from error
        finally:
            self._entered.discard(mark)

    def _definition(self, value: FunctionType | type) -> bytes:
        token = named(value)
        if token is not None:
            return token
        if self._reach is not None:
            return atom(b"reached", b"%d" % self._reach.number(value))
        known = self._seen.get(id(value))
        if known is None:
            known = self._seen[id(value)] = (value, self.definition(value, defaults=True))
        return known[1]

    def definition(self, value: FunctionType | type, *, defaults: bool) -> bytes:
        """Encode a function or class with what it reaches; numbers of reached ones hold in this place alone."""
        outer = self._seen, self._entered, self._reach, self._lenient
        self._seen, self._entered, self._reach, self._lenient = {}, set(), Reach(value), False
        try:
            return describe(self, self._reach, defaults=defaults)
        finally:
            self._seen, self._entered, self._reach, self._lenient = outer


def content_hash(value: object) -> str:
    """Return the content hash of a value: 64 hexadecimal digits, the same in every process.

    Raises
    ------
    Unhashable
        The value, or something in it, has no content hash. No hash is ever made of a part.
    """
    scalar = SCALARS.get(type(value))
    if scalar is not None:
        return seal(scalar(value))
    return seal(ContentWalk().token(value))


def source_hash(function: object) -> str:
    """Return the hash of a function's code, its closure, and what it refers to by name (see `definitions`).

    Defaults count as they are written; their values are arguments. What runs code of another kind, such as a notebook,
    tells its content itself by a method ``source_fingerprint``.

    Raises
    ------
    Unhashable
        Something in the function's closure has no content hash.
    """
    fingerprint = getattr(type(function), "source_fingerprint", None)
    if fingerprint is not None:
        return seal(text(b"fingerprint", str(fingerprint(function))))
    walk = ContentWalk()
    if isinstance(function, FunctionType):
        return seal(walk.definition(function, defaults=False))
    held = walk.token(function)
    code = vars(type(function)).get("__call__")
    if not isinstance(code, FunctionType):
        return seal(held)
    return seal(node(b"callable", (held, walk.definition(code, defaults=False))))


def own_code_hash(function: object) -> str:
    """Return the hash of a function's code alone; of anything else that can be called, of its class's name."""
    if isinstance(function, FunctionType):
        return _code_hash(function.__code__)
    return seal(text(b"class", type_name(type(function))))


@lru_cache(256)
def _code_hash(code: CodeType) -> str:
    return seal(code_token(code))


def joined_hash(parts: Iterable[tuple[str, str]]) -> str:
    """Return the hash of names and their hashes, in this order."""
    return seal(node(b"joined", (text(b"part", name) + text(b"hash", digest) for name, digest in parts)))


def seal(token: bytes) -> str:
    """Turn a token into a hash."""
    return sha256(_VERSION + token).hexdigest()
