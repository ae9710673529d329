"""What makes sure that a child ends: with its runner, after a cancel request that its code ignores, and at all."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from jupyter_flows.drivers.interrupts import before_termination
from jupyter_flows.drivers.session import Session
from jupyter_flows.model.events import RunAbandoned
from jupyter_flows.model.states import CANCELLING, State, cancelled, crashed
from jupyter_flows.services.lifeline import Lifeline
from jupyter_flows.services.process_group import end_others, kill_group

_LAST_WORD_SECONDS = 5.0  # for the run's end to be written
_LOOK_EVERY = 0.02


class Supervision:
    """Watches over the one run of this process.

    Parameters
    ----------
    lifeline
        Its closing ends the run as Interrupted; None where there is none.
    grace
        Seconds that user code, and what it has started, get to end by themselves before they are killed.
    """

    def __init__(self, lifeline: Lifeline | None, grace: float) -> None:
        self._grace = grace
        self._session: Session | None = None
        self._run_id = ""
        self._given_up = False
        before_termination(self.end_group)
        if lifeline is not None:
            lifeline.watch(self._parted)

    @contextmanager
    def over(self, session: Session, run_id: str) -> Iterator[None]:
        """Watch over a run while it is driven in this block; then end what its code has left behind."""
        self._session, self._run_id = session, run_id
        unwatch = session.watch(self._look)
        try:
            yield
        finally:
            unwatch()
            self.end_group()

    def end_group(self) -> None:
        """End what is left of this process's group, and this process itself if it does not end by itself soon."""
        end_others(min(self._grace, 1.0))
        self._later(kill_group)

    def _parted(self) -> None:
        self._later(lambda: self._give_up(_interrupted))
        os.kill(os.getpid(), signal.SIGTERM)

    def _look(self, run_ids: Collection[str]) -> None:
        """Told of every commit, by the session's thread."""
        if self._given_up or self._run_id not in run_ids or self._session is None:
            return
        machines = (run.machine for run in self._session.live_runs() if run.id == self._run_id)
        nodes = (machine.nodes.get(0) for machine in machines if machine is not None)
        if any(node is not None and node.kind is CANCELLING for node in nodes):
            self._given_up = True
            self._later(lambda: self._give_up(_cancelled))

    def _later(self, what: Callable[[], object]) -> None:
        timer = threading.Timer(self._grace, what)
        timer.daemon = True
        timer.start()

    def _give_up(self, end: Callable[[float], State]) -> None:
        """The code does not end: let its run end without it, then kill everything."""
        session = self._session
        if session is not None:
            now = session.clock.time()
            for run in session.live_runs():
                session.post(run, RunAbandoned(now, 0, end(now)))
            until = time.monotonic() + _LAST_WORD_SECONDS
            while session.live_runs() and time.monotonic() < until:
                time.sleep(_LOOK_EVERY)
        kill_group()


def _interrupted(at: float) -> State:
    return crashed(at, "its runner has gone, and its code did not end", "Interrupted")


def _cancelled(at: float) -> State:
    return cancelled(at, "its code did not end when it was asked to, and was killed")


__all__ = ["Supervision"]
