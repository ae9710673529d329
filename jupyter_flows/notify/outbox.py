"""What is to be sent waits here: a run never does. One thread, a bounded queue, a few tries."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from jupyter_flows.errors import NotifyError

_log = logging.getLogger("jupyter_flows.notify")
MOST = 1_000
TRIES = 3
_PAUSE = 1.0  # seconds before the second try; twice as long before the third


class Outbox:
    """Sends in a thread of its own, which ends when there is nothing to send.

    Parameters
    ----------
    most
        How many may wait; what comes beyond is dropped, and said.
    pause
        Seconds before the second try.
    """

    def __init__(self, most: int = MOST, pause: float = _PAUSE) -> None:
        self._most, self._pause = most, pause
        self._waiting: deque[tuple[str, Callable[[], object]]] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self._dropped = 0

    def put(self, name: str, send: Callable[[], object]) -> None:
        """Send something soon; never waits, and raises nothing.

        Parameters
        ----------
        name
            What it is, for the log.
        send
            Sends it; raises `NotifyError` where it was not taken.
        """
        with self._changed:
            if len(self._waiting) >= self._most:
                self._dropped += 1
                if self._dropped == 1:
                    _log.warning("more than %d messages wait to be sent: %s and more are dropped", self._most, name)
                return
            self._waiting.append((name, send))
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._send_all, name="jupyter-flows-outbox", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left; False where the time ran out first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def _send_all(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._busy = False
                    self._changed.notify_all()
                    return
                name, send = self._waiting.popleft()
                self._dropped = 0
            self._send(name, send)

    def _send(self, name: str, send: Callable[[], object]) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                send()
            except NotifyError as error:
                if error.again and attempt < TRIES:
                    time.sleep(self._pause * 2 ** (attempt - 1))
                    continue
                _log.warning("%s was not sent: %s", name, error)
            except Exception:  # noqa: BLE001 - the next message must be sent
                _log.exception("%s was not sent", name)
            return


__all__ = ["MOST", "TRIES", "Outbox"]
