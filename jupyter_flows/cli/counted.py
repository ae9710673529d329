"""Numbers with their noun."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return such as ``1 run`` or ``1,200 runs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


__all__ = ["counted"]
