"""The secrets that this process has resolved, and their way out of everything that it writes.

While there is none, each function here costs one look at a variable.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from jupyter_flows.model.redaction import SHORTEST, Redactor

_log = logging.getLogger("jupyter_flows.secrets")
_registering = threading.Lock()
_redactor: Redactor | None = None
_warned: set[str] = set()
_listeners: list[Callable[[str], object]] = []


def register(text: str, name: str = "") -> None:
    """Let a text be taken out of all that is written from now on.

    Parameters
    ----------
    text
        The secret.
    name
        Whose value it is, to say so where it is too short to be told from other texts; empty to say nothing.
    """
    global _redactor  # noqa: PLW0603 - one fact per process
    if len(text) < SHORTEST:
        if name and name not in _warned:
            _warned.add(name)
            _log.warning(
                "secret %r has fewer than %d characters: it cannot be hidden where it is shown", name, SHORTEST
            )
        return
    known = _redactor
    if known is not None and text in known.values:
        return
    with _registering:
        _redactor = Redactor({text, *(_redactor.values if _redactor is not None else ())})
    for listener in _listeners:
        listener(text)


def listen(listener: Callable[[str], object]) -> None:
    """Call somebody with each secret that is registered from now on."""
    _listeners.append(listener)


def forget() -> None:
    """Forget every secret and listener: for tests."""
    global _redactor  # noqa: PLW0603
    with _registering:
        _redactor = None
        _warned.clear()
        _listeners.clear()


def redactor() -> Redactor | None:
    """Return what takes the secrets out; None while there is none."""
    return _redactor


def redact(text: str) -> str:
    """Return a text without the secrets that this process has resolved."""
    return text if _redactor is None else _redactor.text(text)


def redact_data(data: bytes) -> bytes:
    """Return the content of a file without them."""
    return data if _redactor is None else _redactor.data(data)


def redact_json(value: Any) -> Any:
    """Return a value of JSON's types without them."""
    return value if _redactor is None else _redactor.json(value)


def holds_secret(value: Any) -> bool:
    """Whether a value of JSON's types holds one of them, in a text or in a key."""
    if _redactor is None:
        return False
    return _redactor.holds(value) if isinstance(value, str) else _redactor.json(value) != value


__all__ = ["forget", "holds_secret", "listen", "redact", "redact_data", "redact_json", "redactor", "register"]
