"""The thread that keeps displayed graphs up to date, at a bounded cost."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from jupyter_flows.widget.live_graph import LiveGraph
from jupyter_flows.widget.snapshot import Json

_log = logging.getLogger("jupyter_flows.widget")

LEAST_SECONDS = 0.1  # between two updates of the page
# While a run goes on here, watching takes at most a twentieth of a processor from it: after an update, and before one
# that is going to be long, it rests. A small graph (5 ms) is drawn ten times a second, one of ten thousand task runs
# (100 ms) every two seconds, and at once when nothing runs any more.
_REST = 20.0
_RECORD_SECONDS = 4e-6  # what one more record in the store adds to an update
_LOOK_SECONDS = 1.0  # how often a run of another process is looked at, and clocks in the picture move
_MOST = 50  # graphs that are watched; of more, the oldest stay as they are


class Updates:
    """Draws graphs again as their runs change.

    Parameters
    ----------
    send
        Sends a message to the page: the graph's id and what changed. Called by the thread.
    is_busy
        Whether a run goes on in this process, which an update would slow down.
    """

    def __init__(self, send: Callable[[str, Json], None], is_busy: Callable[[], bool] = lambda: False) -> None:
        self.graphs: dict[str, LiveGraph] = {}
        self._send = send
        self._is_busy = is_busy
        self._records = 0  # in the store since the last update
        self._changed: deque[str] = deque()
        self._news = threading.Event()
        self._end = threading.Event()
        self.drawing = threading.RLock()  # held from drawing to sending: a page must hear the newest last
        self._thread: threading.Thread | None = None

    def tell(self, changed: Mapping[str, Sequence[object]]) -> None:
        """Say which flow runs changed, and by which records. Any thread; returns at once."""
        self._changed.extend(changed)
        self._records += sum(map(len, changed.values()))
        self._news.set()

    def add(self, graph: LiveGraph) -> None:
        """Watch one more graph."""
        self.graphs[graph.id] = graph
        self._changed.append(graph.graph.run_id)  # since it was drawn, for all that is known here
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
        last, spent = time.monotonic(), 0.0
        while True:
            waiting = any(graph.is_waiting for graph in list(self.graphs.values()))
            self._news.wait(_LOOK_SECONDS if waiting else None)
            self._rest(last, spent)
            if self._end.is_set():
                return
            self._news.clear()
            started = time.thread_time()
            self.refresh()
            last, spent = time.monotonic(), time.thread_time() - started

    def _rest(self, last: float, spent: float) -> None:
        self._end.wait(max(0.0, last + LEAST_SECONDS - time.monotonic()))
        while self._is_busy() and not self._end.is_set():
            cost = max(spent, self._records * _RECORD_SECONDS)
            if time.monotonic() >= last + cost * _REST:
                return
            self._end.wait(LEAST_SECONDS)

    def refresh(self) -> None:
        """Draw again what the news concern, and send what changed; where all is quiet, that somebody is still here."""
        with self.drawing:
            self._records = 0
            changed = {self._changed.popleft() for _ in range(len(self._changed))}
            for graph in list(self.graphs.values()):
                if graph.concerns(changed):
                    self._refresh_one(graph)

    def unfold(self, graph: LiveGraph, key: str, is_open: bool) -> Json | None:
        """Show what is inside a box, or the box again; return the message to the page. Any thread."""
        with self.drawing:
            return graph.unfold(key, is_open)

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
        with self.drawing:
            self.refresh()
            for graph in list(self.graphs.values()):
                graph.save_now()
