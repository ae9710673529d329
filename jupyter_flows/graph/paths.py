"""Curves as SVG path data, moved to another place."""

from __future__ import annotations

import re

_STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")


def moved(path: str, dx: float, dy: float) -> str:
    """Move a path of lines and curves (``M H L C``; small letters are steps, and stay as they are).

    Parameters
    ----------
    path
        With whole numbers.
    dx, dy
        Pixels to the right and down.

    Examples
    --------
    >>> moved("M0 4H10c5 0 5 8 10 8L20 12", 100, 1)
    'M100 5H110c5 0 5 8 10 8L120 13'
    """
    return _STEP.sub(lambda step: step[1] + _numbers(step[1], step[2], (round(dx), round(dy))), path)


def _numbers(letter: str, text: str, shift: tuple[int, int]) -> str:
    if letter.islower():
        return text
    return " ".join(str(int(number) + shift[place % 2]) for place, number in enumerate(text.split()))


__all__ = ["moved"]
