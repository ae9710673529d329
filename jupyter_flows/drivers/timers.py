"""The session's timers: what a machine asked to be told of at a time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.model.commands import SetTimer

_MANY = 256


class Timers:
    """Timers by their monotonic time; those of one time in the order in which they were set. One thread's."""

    def __init__(self) -> None:
        self._timers: list[tuple[float, int, FlowRunHandle, SetTimer]] = []
        self._order_numbers = itertools.count()

    @property
    def next(self) -> float | None:
        """The time of the next one, if one is set. For every thread."""
        timers = self._timers
        return timers[0][0] if timers else None

    def set(self, due: float, run: FlowRunHandle, timer: SetTimer) -> None:
        """Add a timer."""
        heapq.heappush(self._timers, (due, next(self._order_numbers), run, timer))

    def take_due(self, now: float) -> Iterator[tuple[FlowRunHandle, SetTimer]]:
        """Take those whose time has come."""
        while self._timers and self._timers[0][0] <= now:
            _, _, run, timer = heapq.heappop(self._timers)
            yield run, timer

    def forget_ended(self) -> None:
        """Let go of the timers of ended runs, which may lie hours ahead, when they are many."""
        if len(self._timers) > _MANY:
            self._timers = [timer for timer in self._timers if timer[2].machine is not None]
            heapq.heapify(self._timers)


__all__ = ["Timers"]
