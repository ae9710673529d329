"""Calls that a fault would let hang."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

PATIENCE = 30  # seconds


def in_time(function: Callable[[], Any]) -> Any:
    """Call a function in a thread that is left behind when it hangs; give what it gave or raised."""
    gave: list[Any] = []

    def call() -> None:
        try:
            gave.append(function())
        except BaseException as error:
            gave.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert gave, "it hangs"
    return gave[0]
