"""Tokens: short byte strings that stand for values, and the error of what has none.

A token delimits itself (tag, length, payload), so that tokens in a row are unambiguous: two values have one token only
when they are of one type and one content.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Protocol

_WHOLE = 64  # bytes: a longer payload is replaced by its digest


class Unhashable(Exception):
    """A value, or something that it holds, has no content hash.

    Parameters
    ----------
    type_name
        The type without a content hash.
    why
        What is in the way, as the end of a sentence.
    name
        What the value is called where it was found, if it is known.
    """

    def __init__(self, type_name: str, why: str, name: str = "") -> None:
        self.type_name, self.why, self.name = type_name, why, name
        super().__init__(f"{type_name}: {why}")


class Walk(Protocol):
    """What an encoder is given beside its value: the way to the tokens of what the value holds."""

    spent: int  # what was looked at so far; decides what is worth remembering

    def token(self, value: Any) -> bytes:
        """Return the token of a value, or raise `Unhashable`."""
        ...

    def lenient_token(self, value: Any) -> bytes:
        """Return the token of a value in which everything without a content hash counts by its type."""
        ...

    def kind(self, kind: type) -> bytes:
        """Return the token of a record's class: its name, and where code is described its code too."""
        ...


def atom(tag: bytes, payload: bytes | bytearray | memoryview) -> bytes:
    """Make the token of a value whose content is these bytes."""
    if len(payload) > _WHOLE:
        return b"%b#:%b" % (tag, sha256(payload).digest())
    return b"%b:%d:%b" % (tag, len(payload), payload)


def text(tag: bytes, value: str) -> bytes:
    """Make the token of a value whose content is this text; lone surrogates are content like any other."""
    return atom(tag, value.encode("utf-8", "surrogatepass"))


def node(tag: bytes, parts: Iterable[bytes]) -> bytes:
    """Make the token of a value whose content is these tokens, in this order."""
    return b"%b*:%b" % (tag, sha256(b"".join(parts)).digest())


def type_name(kind: type) -> str:
    """Return the full name of a type, for tokens."""
    return f"{kind.__module__}.{kind.__qualname__}"
