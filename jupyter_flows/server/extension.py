"""The server extension itself: its settings, what it starts and what it stops."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, CFloat, CInt, Unicode

from jupyter_flows.server.api_handler import ApiHandler
from jupyter_flows.server.children import Children
from jupyter_flows.server.event_log import EventLog
from jupyter_flows.server.event_socket import EventSocket
from jupyter_flows.server.hosted_runner import HostedRunner
from jupyter_flows.server.pool import Pool
from jupyter_flows.server.routes import EVENTS, ROOT, ROUTES, Route
from jupyter_flows.server.site import Site
from jupyter_flows.server.store_door import StoreDoor
from jupyter_flows.server.watcher import Watcher
from jupyter_flows.settings import load_settings


class JupyterFlows(ExtensionApp):
    """Jupyter Flows in a Jupyter server: its API, live events, and a runner for schedules."""

    name = "jupyter_flows"
    description = "Runs, schedules and results of Jupyter Flows."
    load_other_extensions = True

    host_runner = Bool(True, help="Run schedules and queued runs while this server is up.").tag(config=True)
    runner_workers = CInt(0, help="Runs that are executed at a time; 0 for one per processor.").tag(config=True)
    runner_grace_seconds = CFloat(
        10.0, help="How long runs may go on when the server stops; then they are handed back to the next runner."
    ).tag(config=True)
    request_seconds = CFloat(20.0, help="After how many seconds a request is answered with an error.").tag(config=True)
    store_wait_seconds = CFloat(3.0, help="How long a locked store is waited for.").tag(config=True)
    open_folder = Unicode(
        "flow-runs", help="The folder below the server's root where notebooks of runs are put to be opened."
    ).tag(config=True)
    activity_ahead_seconds = CFloat(
        900.0, help="A schedule that ticks within so many seconds keeps an idle server from being shut down."
    ).tag(config=True)

    def initialize_settings(self) -> None:
        """Make what operations use; nothing is opened or started yet."""
        settings = load_settings()
        self._pool = Pool(self.request_seconds)
        self._door = StoreDoor(settings, self.store_wait_seconds)
        self._children = Children(settings)
        self._runner = HostedRunner(self._door, settings, self._runner_options(), self.log)
        self._site = Site(self._door, self._children, self._runner, self._root(), self.open_folder)
        self._events = EventLog()
        self._watcher = Watcher(self._door, self._runner, self._children, self._events, self.activity_ahead_seconds)

    def initialize_handlers(self) -> None:
        """Give each path its handler, and every other path below the API the one that knows none."""
        told: dict[str, Any] = {"site": self._site, "pool": self._pool}
        paths: dict[str, dict[str, Route]] = {}
        for route in ROUTES:
            paths.setdefault(route.pattern, {})[route.verb] = route
        for pattern, routes in paths.items():
            self.handlers.append((pattern, ApiHandler, {**told, "routes": routes}))
        socket = {"events": self._events, "watcher": self._watcher}
        self.handlers.append((EVENTS.pattern, EventSocket, socket))
        self.handlers.append((rf"{ROOT}(?:/.*)?", ApiHandler, {**told, "routes": {}}))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Start what goes on beside requests, once the server is up."""
        self._watcher.start(serverapp.web_app.settings)

    async def stop_extension(self) -> None:
        """Stop the runner, and end the runs that this server has begun; they can be resumed."""
        import asyncio

        self._watcher.stop()
        loop = asyncio.get_running_loop()
        stops = (self._runner.stop, self._children.close, self._watcher.join)
        await asyncio.gather(*(loop.run_in_executor(None, stop) for stop in stops))
        self._pool.close()
        self._door.close()

    def current_activity(self) -> int:  # type: ignore[override]
        """Return how many runs go on here or are due soon: a server with any is not idle."""
        return self._watcher.activity

    def _runner_options(self) -> dict[str, Any] | None:
        if not self.host_runner:
            return None
        return {"workers": max(0, self.runner_workers), "grace_seconds": max(0.0, self.runner_grace_seconds)}

    def _root(self) -> Path | None:
        assert self.serverapp is not None
        root = getattr(self.serverapp.contents_manager, "root_dir", "")
        return Path(os.path.realpath(root)) if root and Path(root).is_dir() else None


__all__ = ["JupyterFlows"]
