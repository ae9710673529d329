"""A pause in a cell, told by its kernel to whoever executes the notebook; what is told is hostile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

PAUSE_MIME = "application/vnd.jupyter-flows.pause+json"

_MOST_CHARACTERS = {"key": 200, "message": 500, "schema": 100_000}
_WHAT = ("pauses", "asks", "goes on")


class ToldPause(NamedTuple):
    """What a cell says.

    Parameters
    ----------
    what
        ``pauses`` (it waits), ``asks`` (it will end, and asks something before), or ``goes on``.
    key, schema, message
        Of the pause; the schema is JSON text, empty for nothing.
    expires_at
        When nobody waits any more.
    """

    what: str
    key: str = ""
    schema: str = ""
    message: str = ""
    expires_at: float | None = None

    def as_data(self) -> dict[str, Any]:
        """As what a display shows under `PAUSE_MIME`."""
        return self._asdict()


def told_pause(data: Mapping[str, Any]) -> ToldPause | None:
    """Read what a display shows under `PAUSE_MIME`; None for anything else."""
    texts = {name: data.get(name, "") for name in ("what", *_MOST_CHARACTERS)}
    late = data.get("expires_at")
    if not all(isinstance(text, str) for text in texts.values()) or texts["what"] not in _WHAT:
        return None
    if any(len(texts[name]) > most for name, most in _MOST_CHARACTERS.items()):
        return None
    if late is not None and (isinstance(late, bool) or not isinstance(late, int | float)):
        return None
    try:
        if texts["schema"] and not isinstance(json.loads(texts["schema"]), dict):
            return None
    except (ValueError, RecursionError):
        return None
    return ToldPause(**texts, expires_at=None if late is None else float(late))


__all__ = ["PAUSE_MIME", "ToldPause", "told_pause"]
