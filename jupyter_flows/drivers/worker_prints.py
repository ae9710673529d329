"""What user code in a worker process prints, shown where its flow was started."""

from __future__ import annotations

import contextlib
import sys

from jupyter_flows.secrets.pieces import Pieces


class WorkerPrints:
    """The streams of one attempt, which come piece by piece."""

    def __init__(self) -> None:
        self._pieces: dict[int, Pieces] = {}

    def show(self, descriptor: int, text: str) -> None:
        """Take a piece of standard output (1) or standard error (2)."""
        _write(descriptor, self._pieces.setdefault(descriptor, Pieces()).add(text))

    def finish(self) -> None:
        """Show what was held back: there is no more to come."""
        for descriptor, pieces in self._pieces.items():
            _write(descriptor, pieces.finish())


def _write(descriptor: int, text: str) -> None:
    stream = sys.stdout if descriptor == 1 else sys.stderr
    if text:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or not there
            stream.write(text)


__all__ = ["WorkerPrints"]
