"""How names and values are said in messages: near names, and the beginning of what may be huge."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["beginning", "near"]


def near(name: str, known: Sequence[str], otherwise: str, most: int = 3) -> str:
    """Return which of the known names were perhaps meant, or what to do where none is near."""
    from difflib import get_close_matches  # deferred: only a mistake needs it

    found = get_close_matches(name[:200], known, n=most)
    return f"did you mean {' or '.join(map(repr, found))}?" if found else otherwise


def beginning(value: object, length: int = 60) -> str:
    """Return the start of a value's repr, without writing all of a huge one."""
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= length else f"{value[:length]!r}…"
    if isinstance(value, int) and value.bit_length() > 200:  # Python refuses to write integers of many digits
        return "a very large number"
    shown = repr(value)
    return shown if len(shown) <= length else f"{shown[:length]}…"
