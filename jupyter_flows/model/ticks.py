"""What becomes of a schedule's ticks: each is decided once, and has a run or the reason why it has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from jupyter_flows.model.new_run import NewRun

RUN, MERGED, OVERLAP, MISSED, REFUSED = "run", "merged", "overlap", "missed", "refused"
"""What became of a tick: it has a run, shares another schedule's, or has none for one of three reasons."""


@dataclass(frozen=True, slots=True)
class DueTick:
    """A tick before it is decided.

    Parameters
    ----------
    at
        Seconds since the epoch.
    run
        The run that it gets, unless policy says otherwise; None where it can have none.
    outcome, reason
        Why, where it can have none: `MISSED` or `REFUSED`, and words for people.
    """

    at: float
    run: NewRun | None = None
    outcome: str = RUN
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule whose ticks up to an instant are to be decided.

    Parameters
    ----------
    planned_at
        Up to where its ticks were decided when it was read: whoever finds it so decides, once.
    planned_to, next_at
        Up to where they are decided now, and when the next one is due; None where there is none.
    """

    schedule_id: str
    deployment_id: str
    overlap: str
    planned_at: float
    planned_to: float
    next_at: float | None
    ticks: tuple[DueTick, ...] = ()


@dataclass(frozen=True, slots=True)
class DecidedTick:
    """What became of a tick.

    Parameters
    ----------
    run_id
        Its run, also one that it shares; None where it has none.
    """

    schedule_id: str
    at: float
    outcome: str
    run_id: str | None = None
    reason: str = ""


def place_taken(tick: float, run_id: str) -> str:
    """Why a run ends whose schedule has ``overlap = cancel``: a newer tick, in seconds since the epoch, has a run."""
    return f"a newer tick took its place: {datetime.fromtimestamp(tick, UTC):%Y-%m-%d %H:%M:%S} UTC, run {run_id}"


__all__ = ["MERGED", "MISSED", "OVERLAP", "REFUSED", "RUN", "DecidedTick", "DueSchedule", "DueTick", "place_taken"]
