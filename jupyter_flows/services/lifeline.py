"""The pipe that joins a child to the runner that started it: orders come there, and its closing is their parting."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from typing import Any

_LONGEST_ORDER = 1 << 16


class Lifeline:
    """The child's end.

    Parameters
    ----------
    handle
        A file descriptor that was inherited; whoever holds the other end keeps it open while the child is wanted.
    """

    def __init__(self, handle: int) -> None:
        os.set_inheritable(handle, False)  # else what user code starts would hold it too
        self._handle = handle

    def order(self) -> dict[str, Any] | None:
        """Wait for one line, a JSON object; None where the other end is closed before, or says something else."""
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self._handle, 1)
            if not part or len(line) > _LONGEST_ORDER:
                return None
            line += part
        try:
            told: object = json.loads(line)
        except ValueError:
            return None
        return told if isinstance(told, dict) else None

    def watch(self, parted: Callable[[], object]) -> None:
        """Call somebody, in a thread, when the other end is closed."""
        threading.Thread(target=self._wait, args=(parted,), name="lifeline", daemon=True).start()

    def _wait(self, parted: Callable[[], object]) -> None:
        try:
            while os.read(self._handle, 4096):
                pass
        except OSError:  # somebody has closed it here: as good as parted
            pass
        parted()


__all__ = ["Lifeline"]
