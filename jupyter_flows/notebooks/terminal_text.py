"""Text that a program printed for a terminal, made plain: it is hostile, and it moves the cursor."""

from __future__ import annotations

import re

# ECMA-48: control sequences, then operating-system commands up to their end, then two-character escapes.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?")


def without_escapes(text: str) -> str:
    """Remove colours and other terminal escapes."""
    return _ESCAPES.sub("", text)


def last_line(text: str, length: int = 200) -> str:
    """The last line that shows something, without escapes and control characters, at most ``length`` characters."""
    for line in reversed(re.split(r"[\r\n]", without_escapes(text[-10_000:]))):
        shown = "".join(sign if sign.isprintable() else " " for sign in line).strip()
        if shown:
            return shown if len(shown) <= length else f"{shown[: length - 1]}…"
    return ""


def overwritten(text: str) -> str:
    """What a terminal would show of lines that a progress bar rewrote with carriage returns or backspaces."""
    if "\r" not in text and "\b" not in text:
        return text
    return "\n".join(_final_part(line) for line in text.replace("\r\n", "\n").split("\n"))


def still_shown(text: str) -> str:
    """Forget what can never show again, keeping what later text may still overwrite.

    ``overwritten(still_shown(text) + more)`` is ``overwritten(text + more)``, whatever comes later.
    """
    whole, newline, rest = text.rpartition("\n")
    held = rest.rstrip("\r")
    returns = rest[len(held) :]
    return f"{overwritten(whole)}{newline}{held.rpartition(chr(13))[2]}{returns}"


def _final_part(line: str) -> str:
    shown = line.rstrip("\r").rpartition("\r")[2]
    return _without_backspaces(shown) if "\b" in shown else shown


def _without_backspaces(line: str) -> str:
    kept: list[str] = []
    for sign in line:
        if sign != "\b":
            kept.append(sign)
        elif kept:
            kept.pop()
    return "".join(kept)
