"""Lengths of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["read_span"]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PARTS = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?[smhdw])+")
_PART = re.compile(r"([0-9.]+)([smhdw])")


def read_span(text: str) -> timedelta:
    """Read a length of time: ``5s``, ``15m``, ``1h30m``, ``2d``, ``1w``.

    Raises
    ------
    ValueError
        For any other text.
    """
    found = text.strip()
    if not _PARTS.fullmatch(found):
        raise ValueError(f"{text[:60]!r} should be a length of time: 5s, 15m, 1h30m, 2d, 1w")
    try:
        parts = [timedelta(**{_UNITS[unit]: float(number)}) for number, unit in _PART.findall(found)]
        return sum(parts, timedelta())
    except OverflowError:
        raise ValueError(f"{text[:60]!r} is too long a time") from None
