"""Single keys of a terminal, felt without the return key."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def single_keys() -> Iterator[None]:
    """Let keys arrive one by one and unseen; Ctrl-C still interrupts. The terminal is as before afterwards."""
    import termios  # not everywhere, and only a terminal needs it
    import tty

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    tty.setcbreak(handle)
    try:
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def pressed_key(seconds: float) -> str:
    """Wait for a key; empty when none was pressed in time, Ctrl-D when the terminal is gone."""
    handle = sys.stdin.fileno()
    ready, _, _ = select.select([handle], [], [], seconds)
    if not ready:
        return ""
    typed = os.read(handle, 64)
    if not typed:
        return "\x04"
    # An arrow key is an escape and more: not the escape key.
    return typed.decode("utf-8", "replace") if typed == b"\x1b" else typed.decode("utf-8", "replace").lstrip("\x1b")[:1]


__all__ = ["pressed_key", "single_keys"]
