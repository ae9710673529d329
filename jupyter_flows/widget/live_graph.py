"""A displayed graph that is kept up to date."""

from __future__ import annotations

import logging
from collections.abc import Collection

from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.graph.picture import Picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.unfolding import ALL_SHOWN, EVERYTHING, SHOWN
from jupyter_flows.widget.output import Output
from jupyter_flows.widget.snapshot import Json, difference, snapshot

_log = logging.getLogger("jupyter_flows.widget")

# Seconds to the next saved picture of a run under way: each wait twice the one before, so that a long run stores few.
_FIRST_SAVED, _LONGER = 1.0, 2.0


class LiveGraph:
    """One display and what was last sent to it.

    Parameters
    ----------
    graph
        What to show; it can draw itself again.
    output
        Where it stands.
    is_watched
        Whether somebody is there to see it. What executes a notebook takes in only what belongs to the running cell.
    """

    def __init__(self, graph: RunGraph, output: Output, is_watched: bool = True) -> None:
        self.graph = graph
        self.is_watched = is_watched
        self.output = output
        self.sent: Json = snapshot(graph)
        self._opened: frozenset[str] = frozenset()
        self._unfolded: Picture | None = None
        self._saved = graph
        self._wait, self._next_saved = _FIRST_SAVED, 0.0

    @property
    def id(self) -> str:
        """The display's id."""
        return self.output.id

    @property
    def shown(self) -> int:
        """How many boxes a frame shows."""
        return ALL_SHOWN if EVERYTHING in self._opened else SHOWN

    @property
    def is_waiting(self) -> bool:
        """Whether its run is under way."""
        return self.graph.is_under_way

    def concerns(self, changed: Collection[str]) -> bool:
        """Whether it must be drawn again, now that these runs changed."""
        return self.graph.again is not None and (self.graph.follows or self.is_waiting or self.graph.run_id in changed)

    def refresh(self) -> Json | None:
        """Draw again; return the message to the page, if anything changed."""
        if self.graph.again is None:
            return None
        try:
            newer = self.graph.again(self.graph)
        except JupyterFlowsError as error:  # such as a run that somebody deleted
            _log.debug("a graph could not be drawn again: %s", error)
            return None
        if newer is self.graph:
            return None
        if newer.run_id != self.graph.run_id:
            self._wait, self._next_saved = _FIRST_SAVED, 0.0
            self._opened = frozenset()
        self.graph = newer
        return self._news()

    def unfold(self, key: str, is_open: bool) -> Json | None:
        """Show what is inside a box, or the box again; return the message to the page, if anything changed.

        What is saved stays folded.
        """
        if is_open:
            self._opened |= {key}
        else:
            self._opened = frozenset(one for one in self._opened if one != key and not one.startswith(f"{key}/"))
        return self._news()

    def _news(self) -> Json | None:
        shown = snapshot(self.graph, self._picture(), self._opened)
        message = difference(self.sent, shown)
        self.sent = shown
        return message

    def _picture(self) -> Picture:
        if not self._opened or self.graph.unfold is None:
            self._unfolded = None
            return self.graph.picture
        self._unfolded = self.graph.unfold(self._opened, self._unfolded or self.graph.picture)
        return self._unfolded

    def save(self, now: float) -> None:
        """Replace the picture in the notebook itself where that is due: at the end at once, before ever more seldom.

        Parameters
        ----------
        now
            Seconds on a clock that never jumps.
        """
        is_due = self.is_watched and (self.graph.is_final or now >= self._next_saved)
        if not is_due or self.graph.picture == self._saved.picture:
            return
        self._saved = self.graph
        self._next_saved, self._wait = now + self._wait, self._wait * _LONGER
        self.output.replace(self.graph)

    def save_now(self) -> None:
        """Replace the picture as part of the running cell, where it is not the newest."""
        if self.graph.picture != self._saved.picture:
            self._saved = self.graph
            self.output.replace_now(self.graph)
