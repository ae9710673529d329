"""What many runs of one flow or task come to: how often they end well, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class EndedRun(NamedTuple):
    """As much of a run that has ended as statistics need; times are in seconds since the epoch."""

    flow: str
    task: str  # empty for a flow run
    kind: str
    state_kind: str
    state_name: str
    attempts: int
    started_at: float | None
    ended_at: float


@dataclass(frozen=True, slots=True)
class Span:
    """The runs that ended in one stretch of time.

    Parameters
    ----------
    start, end
        Seconds since the epoch; a run that ended at `end` belongs to the next stretch.
    completed, failed
        How many ended well, and how many failed or crashed by themselves.
    median
        Seconds that half of the completed ones took at most; None where none completed.
    """

    start: float
    end: float
    completed: int
    failed: int
    median: float | None

    @property
    def success_rate(self) -> float | None:
        """The share, from 0 to 1, that ended well of those that decided it; None where none did."""
        decided = self.completed + self.failed
        return self.completed / decided if decided else None


@dataclass(frozen=True, slots=True)
class RunStatistics:
    """What the runs of a flow, or the task runs of one of its tasks, came to.

    Durations are those of completed runs that did their own work: one whose value was cached, or that was skipped,
    took no time that would be usual.

    Parameters
    ----------
    flow, task
        Whose; the task's name is empty for the flow itself.
    kind
        Of the newest run: ``flow``, ``notebook``, ``task``, ``cell``, …
    runs
        How many ended.
    completed, failed
        How many ended well, and how many failed or crashed by themselves. The others were cancelled, skipped, never
        reached, or only followed a failure before them.
    tried_again
        How many needed more than one attempt, however they ended.
    median, p95, longest, total
        Seconds; None (and 0 for `total`) where no run completed.
    last_week, week_before
        The last seven days, and the seven before them.
    spans
        The whole time looked at, in stretches of equal length, oldest first.
    """

    flow: str
    task: str
    kind: str
    runs: int
    completed: int
    failed: int
    tried_again: int
    median: float | None
    p95: float | None
    longest: float | None
    total: float
    last_week: Span
    week_before: Span
    spans: tuple[Span, ...]

    @property
    def success_rate(self) -> float | None:
        """The share, from 0 to 1, that ended well of those that decided it; None where none did."""
        decided = self.completed + self.failed
        return self.completed / decided if decided else None

    @property
    def unsteadiness(self) -> float:
        """The share, from 0 to 1, that failed or needed another attempt of those that decided it."""
        decided = self.completed + self.failed
        return min(1.0, max(self.failed, self.tried_again) / decided) if decided else 0.0

    @property
    def change(self) -> float | None:
        """How much longer the usual run took last week than in the week before: 0.5 is half as long again.

        None where either week has too few completed runs to say.
        """
        now, before = self.last_week, self.week_before
        if min(now.completed, before.completed) < FEWEST or not before.median or now.median is None:
            return None
        return now.median / before.median - 1.0


FEWEST = 3  # runs from which a median, or a share, says something

__all__ = ["FEWEST", "EndedRun", "RunStatistics", "Span"]
