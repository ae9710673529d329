"""What looks like a secret: by the name that it is given under, or by a shape that only secrets have."""

from __future__ import annotations

import re
from typing import cast

_WORDS = frozenset(
    {"password", "passwd", "pwd", "passphrase", "secret", "token", "apikey", "credential", "credentials"}
)
_PAIRS = frozenset({"api key", "access key", "private key", "secret key", "auth key", "account key", "signing key"})
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_DEEPEST = 6

# The prefixes are those that the services publish so that scanners can find them. What a match can begin with at every
# dash or dot of a text has a bound.
_SHAPES = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})")),
    ("a GitLab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[\w-]{10,}")),
    ("a Slack webhook", re.compile(r"hooks\.slack\.com/services/\w+/\w+/\w+")),
    ("a Google key", re.compile(r"\bAIza[\w-]{35}")),
    ("a secret key", re.compile(r"\bsk[-_](?:live[-_]|proj-|ant-)?[A-Za-z0-9_-]{20,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{8,1000}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    ("an address with a password", re.compile(r"\b[a-z][a-z0-9+.-]{0,40}://[^/\s:@]+:[^/\s:@]+@", re.IGNORECASE)),
)


def looks_secret(name: str, value: object, depth: int = 0) -> str | None:
    """Say why a value looks like a secret; None where it does not.

    Parameters
    ----------
    name
        What it is given as; only a text is judged by it.
    value
        Anything; lists and dicts are searched.
    """
    if isinstance(value, str):
        shape = next((what for what, pattern in _SHAPES if pattern.search(value)), None)
        if shape is not None:
            return f"it looks like {shape}"
        return "its name says that it is a secret" if value and _names_secret(name) else None
    if depth < _DEEPEST and isinstance(value, dict):
        items = cast("dict[object, object]", value).items()
        return next((why for key, item in items if (why := looks_secret(str(key), item, depth + 1))), None)
    if depth < _DEEPEST and isinstance(value, list | tuple):
        items = cast("list[object]", value)
        return next((why for item in items if (why := looks_secret(name, item, depth + 1))), None)
    return None


def _names_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and (words[-1] in _WORDS or " ".join(words[-2:]) in _PAIRS)


__all__ = ["looks_secret"]
