"""What has happened lately, numbered: whoever was away for a moment goes on where it was."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

KEPT = 1000
Event = dict[str, Any]
Listener = Callable[[Event], None]


class EventLog:
    """The last events, for any thread.

    Numbers count up by one from 1, and count anew with each server, so that they mean something only together with
    the log's name.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.name = os.urandom(6).hex()
        self._lock = threading.Lock()
        self._events: deque[Event] = deque(maxlen=kept)
        self._listeners: list[Listener] = []
        self._last = 0

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def tell(self, event: Event) -> None:
        """Number an event, keep it and tell it to all who listen."""
        with self._lock:
            self._last += 1
            numbered = {"type": event["type"], "seq": self._last, **event}
            self._events.append(numbered)
            for listener in self._listeners:
                listener(numbered)

    def listen(self, listener: Listener, log: str | None = None, after: int | None = None) -> None:
        """Begin to tell a listener: first a greeting, then what it has missed where that is known, then all to come.

        Parameters
        ----------
        listener
            Called under the log's lock, in whatever thread an event comes from: it must return at once.
        log, after
            The log that it listened to before, and the last number that it has seen.
        """
        with self._lock:
            missed = self._missed(log, after)
            greeting = {"type": "hello", "log": self.name, "seq": self._last, "resumed": missed is not None}
            listener(greeting)
            for event in missed or ():
                listener(event)
            self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Tell a listener nothing more."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def forget(self) -> None:
        """Begin anew: what happens from here on was not followed for a while, so nobody can resume before it.

        Not where somebody has begun to listen meanwhile, to whom all numbers must come.
        """
        with self._lock:
            if not self._listeners:
                self._events.clear()
                self._last += 1  # a gap: nobody has seen this number

    def _missed(self, log: str | None, after: int | None) -> list[Event] | None:
        """What a listener has missed; None where that is not known any more."""
        if log != self.name or after is None or after > self._last:
            return None
        if after == self._last:
            return []
        first = self._events[0]["seq"] if self._events else self._last + 1
        return [event for event in self._events if event["seq"] > after] if after + 1 >= first else None


__all__ = ["KEPT", "Event", "EventLog", "Listener"]
