"""Texts that come piece by piece: a secret may begin in one piece and end in the next."""

from __future__ import annotations

from jupyter_flows.secrets.resolved import redactor


class Pieces:
    """Takes secrets out of one stream of text.

    What may be the beginning of a secret is held back until the next piece shows what it is.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def add(self, text: str) -> str:
        """Take a piece; return what can be shown by now."""
        found = redactor()
        if found is None:
            return text
        text = found.text(self._held + text)
        known = len(text) - found.unfinished(text)
        self._held = text[known:]
        return text[:known]

    def finish(self) -> str:
        """Return what was held back, where no more is to come: it is no whole secret."""
        held, self._held = self._held, ""
        return held


__all__ = ["Pieces"]
