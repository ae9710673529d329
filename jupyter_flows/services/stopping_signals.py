"""Signals that stop a runner in the foreground."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from jupyter_flows.services.runner import Runner


@contextmanager
def stopped_by_signals(runner: Runner) -> Iterator[None]:
    """The first SIGTERM, SIGHUP or Ctrl-C asks the runner to stop, the second kills what runs.

    Only the main thread is told of signals: in any other, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        (runner.request_kill if asked else runner.request_stop)()
        asked.append(number)

    names = ("SIGTERM", "SIGINT", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


__all__ = ["stopped_by_signals"]
