"""No secret is kept in a value's file."""

from __future__ import annotations

from jupyter_flows.secrets.resolved import redactor

HOLDS_SECRET = "it holds a secret, which is never kept; return what was made with it instead"  # noqa: S105 - words about one


def shows_secret(content: bytes | memoryview) -> bool:
    """Whether a secret that this process has resolved stands in a value's content."""
    found = redactor()
    return found is not None and found.holds_bytes(bytes(content))


__all__ = ["HOLDS_SECRET", "shows_secret"]
