"""Names, errors and outputs are hostile: what may stand in a picture."""

from __future__ import annotations

import re
import unicodedata
from html import escape

# Colours and cursor moves of terminals (ECMA-48: CSI and OSC sequences, then any two-character escape).
_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?", re.DOTALL)
_SPACE = re.compile(r"[\s\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")
_EMPTY = re.compile("[\u200b\u2060\ufeff\u00ad]")
# What XML 1.0 forbids, other controls, the bidi controls (U+202A-E, U+2066-9, marks) and tag characters.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff"
    "\U000e0000-\U000e0fff]"
)
_PLAIN = re.compile(r"[ -~]*")
_MARKS = 3


def plain(text: str, limit: int = 2000) -> str:
    """Return one line of text that draws as it reads.

    Terminal colours and zero-width characters go, every run of white space becomes one space, and controls,
    bidi overrides and what XML forbids become U+FFFD. At most three combining marks stay on a letter.

    Parameters
    ----------
    text
        Anything that came from a user, a task or a notebook.
    limit
        Characters to keep; a longer text ends in an ellipsis.
    """
    text = text[: 4 * limit]
    if _PLAIN.fullmatch(text):
        line = _SPACE.sub(" ", text).strip()
    else:
        line = _HARMFUL.sub("\ufffd", _SPACE.sub(" ", _EMPTY.sub("", _ANSI.sub("", text))).strip())
        line = _few_marks(line)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _few_marks(line: str) -> str:
    kept: list[str] = []
    marks = 0
    for letter in line:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MARKS:
            kept.append(letter)
    return "".join(kept)


def first_line(text: str, limit: int = 200) -> str:
    """Return the first line that says something, made `plain`."""
    for line in text.splitlines():
        if said := plain(line, limit):
            return said
    return ""


def markup(text: str) -> str:
    """Make text `plain` and escape it for XML and HTML content and attributes."""
    return escape(plain(text), quote=True)
