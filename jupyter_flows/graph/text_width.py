"""How wide a text is about, without a font at hand."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Widths in em of a common sans-serif; measured on DejaVu Sans and Arial and taken on the wide side.
_NARROW, _USUAL, _WIDE, _FULL = 0.32, 0.62, 0.9, 1.05
_EM: dict[str, float] = {
    **dict.fromkeys("iljI.,:;'|!`· ", _NARROW),
    **dict.fromkeys('ftr()[]{}/\\-"', 0.41),
    **dict.fromkeys("mwMW@%…", _WIDE),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ&", 0.7),
    **dict.fromkeys("+<=>~^", 0.84),
    "_": 0.5,
}
BOLD = 1.13


def _em(letter: str) -> float:
    known = _EM.get(letter)
    if known is not None or letter.isascii():
        return known or _USUAL
    if unicodedata.combining(letter):
        return 0.0
    return _FULL if unicodedata.east_asian_width(letter) in "WF" else 0.65


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Estimate a text's width in pixels at a font size in pixels."""
    return size * sum(map(_em, text))


def fit(text: str, size: float, room: float) -> str:
    """Cut a text with an ellipsis so that it needs at most ``room`` pixels."""
    if text_width(text, size) <= room:
        return text
    left = room / size - _WIDE
    for place, letter in enumerate(text):
        left -= _em(letter)
        if left < 0:
            return text[:place].rstrip() + "…"
    return text
