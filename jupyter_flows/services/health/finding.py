"""What one look at something found."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `doctor`.

    Parameters
    ----------
    level
        `OK`, `WARN` (works, but may not always) or `FAIL` (does not work).
    about
        What was looked at, in a word or two.
    said
        What was found.
    advice
        What to do; empty where there is nothing to do.
    """

    level: str
    about: str
    said: str
    advice: str = ""


__all__ = ["FAIL", "OK", "WARN", "Finding"]
