"""Names, logs and errors are hostile text: what may reach a terminal or a pipe, and one record stays one line."""

from __future__ import annotations

import re

# Controls but the tab, line and paragraph separators, bidi controls, lone surrogates and tag characters.
_HARMFUL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r"}


def escaped(text: str) -> str:
    r"""Write every character that moves a cursor, colours, or turns the reading direction as its escape.

    >>> escaped("two\nlines in \x1b[31mred")
    'two\\nlines in \\x1b[31mred'
    """
    return _HARMFUL.sub(_escape, text)


def escaped_lines(text: str) -> list[str]:
    """Split a text that may have several lines, such as a traceback, and escape each."""
    return [escaped(line.removesuffix("\r")) for line in text.rstrip("\n").split("\n")]


def shortened(text: str, width: int) -> str:
    """Cut an escaped line to at most ``width`` characters, the last one an ellipsis."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def _escape(match: re.Match[str]) -> str:
    sign = match[0]
    code = ord(sign)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _SHORT.get(sign) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
