"""Tokens of values that hold no other values.

Types are told apart: ``1``, ``True``, ``1.0`` and ``"1"`` have four tokens. ``-0.0`` is not ``0.0`` (a function can see
the difference); every NaN is the same NaN.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from math import isnan
from pathlib import PurePath
from typing import Any

from jupyter_flows.caching.tokens import Unhashable, Walk, atom, node, text, type_name

_FLOAT = struct.Struct("<d")


def encode_int(value: int) -> bytes:
    """Encode a whole number of any size."""
    return b"int:%d:%b" % (len(digits := b"%x" % value), digits)


def encode_float(value: float) -> bytes:
    """Encode a float by its bits; all NaNs alike."""
    return b"float:3:nan" if isnan(value) else b"float:8:" + _FLOAT.pack(value)


def encode_complex(value: complex) -> bytes:
    """Encode both parts."""
    return node(b"complex", (encode_float(value.real), encode_float(value.imag)))


def encode_decimal(value: Decimal) -> bytes:
    """Encode a decimal with its trailing zeros, which survive arithmetic."""
    return text(b"decimal", str(value))


def encode_time(walk: Walk, value: datetime | time) -> bytes:
    """Encode a clock reading: its fields, its fold and its zone."""
    tag = b"datetime" if isinstance(value, datetime) else b"time"
    plain = value.replace(tzinfo=None)
    return node(tag, (text(b"iso", plain.isoformat()), encode_int(value.fold), walk.token(value.tzinfo)))


def encode_zone(_walk: Walk, value: tzinfo) -> bytes:
    """Encode a zone by its name, or a fixed offset by its length."""
    if isinstance(value, timezone):
        return text(b"offset", f"{value.utcoffset(None)} {value.tzname(None)}")
    name = getattr(value, "key", None) or getattr(value, "zone", None)
    if not isinstance(name, str):
        raise Unhashable(type_name(type(value)), "it is a zone without a name")
    return text(b"zone", name)


def encode_path(_walk: Walk, value: PurePath) -> bytes:
    """Encode a path by its text: the name, not what is in the file."""
    return text(b"path", f"{type(value).__name__} {value}")


def encode_pattern(_walk: Walk, value: re.Pattern[Any]) -> bytes:
    """Encode a compiled pattern by its source and flags."""
    return text(b"pattern", f"{type(value.pattern).__name__} {value.flags} {value.pattern!r}")


def encode_view(_walk: Walk, value: memoryview) -> bytes:
    """Encode what a memoryview shows, in C order."""
    shown = value if value.c_contiguous else memoryview(value.tobytes())
    return node(b"memoryview", (text(b"form", f"{value.format} {value.shape}"), atom(b"bytes", shown.cast("B"))))


# Exact type -> encoder of the value alone. The commonest come first in every walk, so they take no walk.
SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _value: b"none:0:",
    bool: lambda value: b"bool:1:1" if value else b"bool:1:0",
    int: encode_int,
    float: encode_float,
    complex: encode_complex,
    str: lambda value: text(b"str", value),
    bytes: lambda value: atom(b"bytes", value),
    bytearray: lambda value: atom(b"bytearray", value),
    type(...): lambda _value: b"ellipsis:0:",
    type(NotImplemented): lambda _value: b"notimplemented:0:",
    date: lambda value: text(b"date", value.isoformat()),
    timedelta: lambda value: text(b"timedelta", f"{value.days} {value.seconds} {value.microseconds}"),
    Decimal: encode_decimal,
    Fraction: lambda value: text(b"fraction", f"{value.numerator}/{value.denominator}"),
    range: lambda value: text(b"range", f"{value.start}:{value.stop}:{value.step}"),
}
