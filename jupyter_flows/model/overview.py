"""What goes on in a store at one instant: what runs, what waits, what has ended, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.runs import FlowRun


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """Which deployment a run belongs to.

    Parameters
    ----------
    deployment
        Its name; its id where it was deleted.
    schedule
        The name of the schedule; None where none made the run.
    queued
        Where the run comes from, and how it stands in the queue.
    """

    deployment: str
    schedule: str | None
    queued: DeploymentRun


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the task runs of a flow run are.

    Parameters
    ----------
    begun, ended, failed
        How many there are, how many of them have ended, and how many of those by failing.
    current
        Names of those that run, the one that began first coming first; at most a few.
    running
        How many run.
    """

    begun: int = 0
    ended: int = 0
    failed: int = 0
    current: tuple[str, ...] = ()
    running: int = 0


@dataclass(frozen=True, slots=True)
class Usual:
    """What the last completed runs of a flow were like.

    Parameters
    ----------
    seconds
        The median of their durations.
    task_runs
        How many the last of them had.
    """

    seconds: float
    task_runs: int


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """A run with what tells whether it goes as it should."""

    run: FlowRun
    progress: Progress
    usual: Usual | None = None
    origin: RunOrigin | None = None

    @property
    def expected(self) -> int:
        """How many task runs it will have, as far as is known: as many as usual, or more that have begun."""
        return max(self.progress.begun, self.usual.task_runs if self.usual and not self.run.state.is_final() else 0)


@dataclass(frozen=True, slots=True)
class ComingTick:
    """The next instant of a schedule, in seconds since the epoch."""

    at: float
    deployment: str
    schedule: str
    flow: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it, as it was at one instant.

    Parameters
    ----------
    at
        When it was read, in seconds since the epoch.
    running, waiting
        What began first comes first; what is due first comes first.
    ended
        What ended last comes first.
    ticks
        What comes next comes first.
    """

    at: float
    running: tuple[WatchedRun, ...]
    waiting: tuple[WatchedRun, ...]
    ended: tuple[WatchedRun, ...]
    ticks: tuple[ComingTick, ...]


__all__ = ["ComingTick", "Overview", "Progress", "RunOrigin", "Usual", "WatchedRun"]
