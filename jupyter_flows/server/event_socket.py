"""The websocket of live events: the same authentication as the API, bounded, and resumed after a break."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from jupyter_flows.server.event_log import Event, EventLog
from jupyter_flows.server.routes import READ, RESOURCE
from jupyter_flows.server.watcher import Watcher

_MOST_WAITING = 2000  # events that wait to be sent to one listener: past them it is told to load everything anew
_MOST_LISTENERS = 100


class EventSocket(ExtensionHandlerMixin, WebSocketMixin, WebSocketHandler, JupyterHandler):  # type: ignore[misc]
    """One listener.

    Parameters
    ----------
    events
        What is told.
    watcher
        Woken when somebody begins to listen.
    """

    auth_resource = RESOURCE

    def initialize(self, name: str, events: EventLog, watcher: Watcher) -> None:
        """See the class."""
        super().initialize(name)
        self._events, self._watcher = events, watcher
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._sender: asyncio.Task[None] | None = None
        self._lags = False

    def set_default_headers(self) -> None:
        """A websocket has none of a page's headers."""

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Become a websocket, for those who may read."""
        allowed = await ensure_async(self.authorizer.is_authorized(self, self.current_user, READ, RESOURCE))  # type: ignore[arg-type]
        if not allowed:
            raise web.HTTPError(403)
        if self._events.listeners >= _MOST_LISTENERS:
            raise web.HTTPError(503)
        await super().get(*args, **kwargs)

    async def _refuse(self, *_: str, **__: str) -> None:
        """No other verb becomes a websocket; whoever is unknown is not even told that."""
        known = self.current_user is not None and await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, READ, RESOURCE)  # type: ignore[arg-type]
        )
        raise web.HTTPError(405 if known else 403)

    head = post = put = patch = delete = options = _refuse

    def open(self, *_: str, **__: str) -> None:  # type: ignore[override]
        """Begin to tell."""
        super().open()
        after = self.get_query_argument("after", "")
        number = int(after) if after.isdigit() and len(after) < 16 else None
        self._events.listen(self._hear, self.get_query_argument("log", None), number)
        self._sender = asyncio.ensure_future(self._send())
        self._watcher.wake()

    def on_message(self, message: str | bytes) -> None:
        """Hear nothing: whoever says something is no listener of ours."""
        self.close(1003, "nothing is expected")

    def on_close(self) -> None:
        """Tell nothing more."""
        self._events.leave(self._hear)
        if self._sender is not None:
            self._sender.cancel()

    def _hear(self, event: Event) -> None:
        """From any thread."""
        with suppress(RuntimeError):  # the server has just ended
            self._loop.call_soon_threadsafe(self._enqueue, event)

    def _enqueue(self, event: Event) -> None:
        if self._lags:
            return
        if self._queue.qsize() >= _MOST_WAITING:
            self._lags = True
            self._events.leave(self._hear)
            event = {"type": "lagging", "seq": event["seq"]}
        self._queue.put_nowait(event)

    async def _send(self) -> None:
        try:
            while True:
                event = await self._queue.get()
                await self.write_message(json.dumps(event))
                if event["type"] == "lagging":
                    self.close(1013, "too slow")
                    return
        except WebSocketClosedError:
            return


__all__ = ["EventSocket"]
