"""Numbers of bytes as people read them."""

from __future__ import annotations


def size_words(count: float) -> str:
    """Write a number of bytes in the unit that fits.

    >>> size_words(1234567)
    '1.2 MB'
    """
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
