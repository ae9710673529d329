"""No secret is kept in a value's file."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_flows.secrets.resolved import redactor

HOLDS_SECRET = "it holds a secret, which is never kept; return what was made with it instead"  # noqa: S105 - words about one


def shows_secret(content: bytes | memoryview) -> bool:
    """Whether a secret that this process has resolved stands in a value's content."""
    found = redactor()
    return found is not None and found.holds_bytes(bytes(content))


def refuse_secrets(pieces: Iterable[bytes | memoryview]) -> None:
    """Refuse what is about to be compressed, where a secret stands in it: afterwards none is found.

    Raises
    ------
    ValueError
    """
    if redactor() is not None and any(map(shows_secret, pieces)):
        raise ValueError(HOLDS_SECRET)


__all__ = ["HOLDS_SECRET", "refuse_secrets", "shows_secret"]
