"""The thread that keeps displayed graphs up to date, at a bounded cost."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection

from jupyter_flows.widget.live_graph import LiveGraph
from jupyter_flows.widget.snapshot import Json

_log = logging.getLogger("jupyter_flows.widget")

LEAST_SECONDS = 0.1  # between two updates of the page
# Rest after an update, by the square of its seconds: a small graph (20 ms) is drawn ten times a second, and one of ten
# thousand task runs (300 ms) so seldom that watching costs its run a twentieth.
_REST = 60.0
_LOOK_SECONDS = 1.0  # how often a run of another process is looked at, and clocks in the picture move
_MOST = 50  # graphs that are watched; of more, the oldest stay as they are


class Updates:
    """Draws graphs again as their runs change.

    Parameters
    ----------
    send
        Sends a message to the page: the graph's id and what changed. Called by the thread.
    """

    def __init__(self, send: Callable[[str, Json], None]) -> None:
        self.graphs: dict[str, LiveGraph] = {}
        self._send = send
        self._changed: deque[str] = deque()
        self._news = threading.Event()
        self._end = threading.Event()
        self._drawing = threading.Lock()
        self._thread: threading.Thread | None = None

    def tell(self, changed: Collection[str]) -> None:
        """Say which flow runs changed. Any thread; returns at once."""
        self._changed.extend(changed)
        self._news.set()

    def add(self, graph: LiveGraph) -> None:
        """Watch one more graph."""
        self.graphs[graph.id] = graph
        while len(self.graphs) > _MOST:
            self.graphs.pop(next(iter(self.graphs)))
        if self._thread is None:
            self._thread = threading.Thread(target=self._live, name="jupyter-flows-graphs", daemon=True)
            self._thread.start()
        self._news.set()

    def close(self) -> None:
        """End the thread."""
        self._end.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def _live(self) -> None:
        while True:
            waiting = any(graph.is_waiting for graph in list(self.graphs.values()))
            self._news.wait(_LOOK_SECONDS if waiting else None)
            if self._end.is_set():
                return
            self._news.clear()
            started = time.monotonic()
            self.refresh()
            spent = time.monotonic() - started
            self._end.wait(max(LEAST_SECONDS, spent * spent * _REST))

    def refresh(self) -> None:
        """Draw again what the news concern, and send what changed; where all is quiet, that somebody is still here."""
        with self._drawing:
            changed = {self._changed.popleft() for _ in range(len(self._changed))}
            for graph in list(self.graphs.values()):
                if graph.concerns(changed):
                    self._refresh_one(graph)

    def _refresh_one(self, graph: LiveGraph) -> None:
        try:
            message = graph.refresh()
            if message is not None or graph.is_waiting:
                self._send(graph.id, message or {"type": "beat"})
            graph.save(time.monotonic())
        except Exception:  # noqa: BLE001 - one graph that cannot be drawn must not stop the others
            _log.debug("graph %s could not be brought up to date", graph.id, exc_info=True)

    def finish_cell(self) -> None:
        """Bring every saved picture up to date before the cell's end, for who reads the notebook then."""
        self.refresh()
        for graph in list(self.graphs.values()):
            graph.save_now()
