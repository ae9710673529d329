"""The session's inbox: any thread puts in, the session's thread takes all there is."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from jupyter_flows.drivers.workers import must_not_wait

CAPACITY = 50_000
"""Items beyond which producers are slowed (about 50 MB of pending task runs), so that nothing need be dropped."""


class Inbox:
    """An unbounded queue with a lazy wake-up, and a brake for producers.

    `put` never blocks and takes no lock, so that a signal can come at any moment of it. The reader announces that it
    sleeps before it looks a last time; the writer adds before it looks whether the reader sleeps.
    """

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._asleep = True  # until it begins

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_behind(self) -> bool:
        """Whether something lies here, or the reader is still at work on what it took."""
        return bool(self._items) or not self._asleep  # in this order: it takes nothing while it sleeps

    def put(self, item: Any, wake: bool = True) -> None:
        """Add an item; without ``wake`` it is found when the reader wakes next."""
        self._items.append(item)
        if wake and self._asleep:
            self._wakes.put(None)

    def wake(self) -> None:
        """Wake the reader."""
        self._wakes.put(None)

    def brake(self) -> None:
        """Wait while the reader is far behind; felt by Ctrl-C."""
        while len(self._items) > CAPACITY and not must_not_wait():
            self._wakes.put(None)
            time.sleep(0.002)

    def wait(self, seconds: float | None) -> None:
        """Sleep until an item comes that wakes, or the time is over."""
        self._asleep = True
        if not self._items:
            with suppress(Empty):
                self._wakes.get(timeout=seconds)
        self._asleep = False
        while not self._wakes.empty():
            self._wakes.get()

    def take(self, most: int) -> list[Any]:
        """Return up to ``most`` items, oldest first."""
        items = self._items
        count = min(len(items), most)
        return [items.popleft() for _ in range(count)]
