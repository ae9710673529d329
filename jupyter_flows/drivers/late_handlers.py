"""Handlers of signals that Python would call late.

Python notes a signal and calls its handler between two instructions. One that comes when the main thread is past the
last of them but not yet in its system call is noted and wakes nobody: the handler waits as long as that call does,
which may be an hour's sleep. Python also writes the number of each signal to a file: here a thread reads it, and wakes
the main thread until the handler was called.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

_SECONDS_BETWEEN_CALLS = 0.02
_MOST_CALLS = 500  # what a forked child was sent may be heard here too

_ear: Ear | None = None


class Ear:
    """Hears of a signal, in a thread of its own, and calls until somebody has answered.

    Parameters
    ----------
    number
        The signal.
    """

    def __init__(self, number: int) -> None:
        self.answered: Callable[[], bool] = lambda: True
        self.call: Callable[[], object] = lambda: None
        self._number = number
        self._heard, self._told = os.pipe()
        os.set_blocking(self._told, False)
        threading.Thread(target=self._listen, name="jupyter-flows-signals", daemon=True).start()

    def open(self) -> None:
        """Have Python tell of signals, unless it tells somebody else. By the main thread."""
        found = signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        if found not in {-1, self._told}:
            signal.set_wakeup_fd(found)

    def shut(self) -> None:
        """Have Python tell of no signals any more. By the main thread."""
        found = signal.set_wakeup_fd(-1)
        if found not in {-1, self._told}:
            signal.set_wakeup_fd(found)

    def forget(self) -> None:
        """Leave it to the parent of a forked child, whose thread and files these are."""
        self.shut()
        os.close(self._heard)
        os.close(self._told)

    def _listen(self) -> None:
        while told := os.read(self._heard, 4096):
            if self._number in told:
                self._call()

    def _call(self) -> None:
        for _ in range(_MOST_CALLS):
            time.sleep(_SECONDS_BETWEEN_CALLS)
            if self.answered():
                return
            self.call()


def hear(number: int, answered: Callable[[], bool], call: Callable[[], object]) -> None:
    """Begin to hear of a signal. By the main thread; always of the same signal.

    Parameters
    ----------
    answered
        Whether the signal's handler was called, or is not wanted any more.
    call
        Wakes the main thread.
    """
    global _ear  # noqa: PLW0603 - Python tells one file of its signals
    if _ear is None:
        _ear = Ear(number)
    _ear.answered, _ear.call = answered, call
    _ear.open()


def hear_no_more() -> None:
    """Undo `hear`. By the main thread."""
    if _ear is not None:
        _ear.shut()
        _ear.answered = lambda: True


def _forget() -> None:
    global _ear
    ear, _ear = _ear, None
    if ear is not None:
        ear.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

__all__ = ["hear", "hear_no_more"]
