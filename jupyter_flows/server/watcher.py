"""The thread that looks at the store: it tells what happened, begins the runner, and knows whether anything goes on."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_flows.server.children import Children
from jupyter_flows.server.event_log import EventLog
from jupyter_flows.server.hosted_runner import HostedRunner
from jupyter_flows.server.store_door import StoreDoor

if TYPE_CHECKING:
    from jupyter_flows.server.changes import Changes
    from jupyter_flows.store.ongoing_runs import ChangeMark

_FIRST_LOOK = 1.0  # seconds after the server is up: its first page comes first
_LOOK = 0.2  # seconds between two looks at whether something was written, while somebody listens
_SELDOM = 2.0  # the same while nobody does
_OWNERS = 5.0  # seconds after which it is looked whether the processes of open runs still live
_LINGER = 60.0  # seconds for which changes are followed after the last listener has gone


class Watcher:
    """Follows one store.

    Parameters
    ----------
    door
        The store.
    runner, children
        What is begun with the store, and counts as activity.
    events
        Told what happens, while somebody listens.
    ahead
        Seconds before a tick from which on it counts as activity.
    """

    def __init__(
        self, door: StoreDoor, runner: HostedRunner, children: Children, events: EventLog, ahead: float
    ) -> None:
        self._door, self._runner, self._children, self._events = door, runner, children, events
        self._ahead = ahead
        self._end, self._news = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._web: dict[str, Any] = {}
        self._changes: Changes | None = None
        self._opened = ExitStack()
        self._mark: ChangeMark | None = None
        self._version, self._looked_at, self._heard_at = -1, 0.0, 0.0
        self._open_runs, self._next_tick = 0, float("inf")
        self._trouble = ""

    @property
    def activity(self) -> int:
        """How many runs go on, or are due soon."""
        soon = self._next_tick - time.time() <= self._ahead
        return max(self._open_runs, self._children.number) + int(soon and self._runner.wanted)

    def start(self, web_settings: dict[str, Any]) -> None:
        """Begin, in a thread.

        Parameters
        ----------
        web_settings
            Of the server's web application, in which the last activity is noted for those who look only there.
        """
        self._web = web_settings
        self._thread = threading.Thread(target=self._live, name="jupyter-flows-watcher", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at once; from any thread."""
        self._news.set()

    def stop(self) -> None:
        """Ask it to end; from any thread."""
        self._end.set()
        self._news.set()

    def join(self) -> None:
        """Wait for its end."""
        if self._thread is not None:
            self._thread.join(5.0)

    def _live(self) -> None:
        self._end.wait(_FIRST_LOOK)
        if not self._end.is_set():
            import_module("jupyter_flows.server.contract")  # so that the first page of a panel need not wait for them
            import_module("jupyter_flows.server.run_lists")
            import_module("jupyter_flows.server.run_drawing")
        while not self._end.is_set():
            try:
                self._runner.begin()
                self._look()
            except Exception as error:  # noqa: BLE001 - who listens must hear of it, and the next look may succeed
                self._in_trouble(error)
            self._news.wait(_LOOK if self._is_followed else _SELDOM)
            self._news.clear()
        self._opened.close()

    @property
    def _is_followed(self) -> bool:
        now = time.monotonic()
        if self._events.listeners:
            self._heard_at = now
        return self._heard_at > 0.0 and now - self._heard_at <= _LINGER

    def _look(self) -> None:
        if not self._door.is_there and self._mark is None:
            return
        sql = self._door.sql()  # which notices a file that was taken away
        if self._changes is None or self._changes.sql is not sql:
            self._open(sql)
        assert self._changes is not None
        assert self._mark is not None
        version, now = self._mark.read(), time.monotonic()
        if self._trouble:
            self._trouble = ""
            self._events.tell({"type": "recovered"})
        is_old = version == self._version and not self._changes.any_file_written()
        if is_old and now - self._looked_at < _OWNERS:
            return
        self._version, self._looked_at = version, now
        self._follow(self._changes)

    def _follow(self, changes: Changes) -> None:
        followed = self._is_followed
        for event in changes.look(time.time(), whole=followed):
            if followed:
                self._events.tell(event)
        if not followed:
            self._events.forget()
        self._open_runs, self._next_tick = changes.open_runs, changes.next_tick
        if self._open_runs:
            self._web["api_last_activity"] = datetime.now(UTC)

    def _open(self, sql: Any) -> None:
        from jupyter_flows.server.changes import Changes  # deferred: it loads the whole store
        from jupyter_flows.store.ongoing_runs import change_mark

        self._opened.close()
        self._changes = Changes(self._door, sql)
        self._mark = self._opened.enter_context(change_mark(sql))
        self._version = -1

    def _in_trouble(self, error: Exception) -> None:
        if str(error) != self._trouble:
            from jupyter_flows.server.error_answers import answer_of, plain_answer

            found = answer_of(error)
            self._trouble = str(error) or type(error).__name__
            self._events.tell({"type": "trouble", "problem": found[1] if found else plain_answer(500, self._trouble)})
        self._opened.close()
        self._changes = self._mark = None


__all__ = ["Watcher"]
