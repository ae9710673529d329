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


def fit_name(name: str, size: float, room: float) -> str:
    """Cut a name; one of several parts (dotted, a path) loses its first parts, for the last one tells it apart."""
    if text_width(name, size) <= room:
        return name
    cuts = [] if " " in name else [place for place, letter in enumerate(name) if letter in "./:"]
    for cut in cuts:
        if cut < len(name) - 1 and text_width(name[cut + 1 :], size) <= room - size * _WIDE:
            return "…" + name[cut + 1 :]
    return fit(name[cuts[-1] + 1 :] if cuts and cuts[-1] < len(name) - 1 else name, size, room)
