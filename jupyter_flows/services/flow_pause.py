"""A flow's own code that waits, in the process that owns its run."""

from __future__ import annotations

from jupyter_flows.drivers.context import Frame
from jupyter_flows.engine.attempt import AttemptStopped
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.model.events import FlowContinued, FlowPaused
from jupyter_flows.model.records import InputAsked
from jupyter_flows.services.kept_reader import kept_reader


class FlowPause:
    """A `PausePlace` for the flow around the present code."""

    def __init__(self, frame: Frame) -> None:
        self._run, self._call = frame.run, frame.call
        self._session = frame.run.session
        self.run_id = frame.run.id
        self.poll_seconds = self._session.settings.poll_seconds

    @property
    def reader(self) -> RunReader:
        return kept_reader(self._session.settings)

    def now(self) -> float:
        return self._session.clock.time()

    def asks(self, asked: InputAsked) -> None:
        self._session.post(self._run, asked)

    def pauses(self, asked: InputAsked, message: str) -> None:
        self._session.post(self._run, FlowPaused(asked.at, message, asked))

    def goes_on(self) -> None:
        self._session.post(self._run, FlowContinued(self.now()))

    def check(self) -> None:
        # A thread that cannot be interrupted finds out here; what the session's thread sets is only looked at.
        machine = self._run.machine
        if machine is None or machine.ending is not None:
            raise AttemptStopped(self._call)


__all__ = ["FlowPause"]
