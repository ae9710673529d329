"""When a runner has a worker ready: shortly before what it knows will be due, and while runs come one after another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

AHEAD = 10.0
"""Seconds before a run is due in which a worker is made ready: several times what that takes where others work too."""
BREATH = 0.5
"""Seconds after a run has begun in which nothing is made ready: the run has the processors."""
_TOO_LATE = 5.0  # seconds before a run is due in which what is ready, for whatever deployment, is not replaced


class Readying(Enum):
    """What is to be done about the worker that is ready for the next run."""

    LEAVE = "leave"
    MAKE = "make"
    REPLACE = "replace"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a runner knows of the runs to come.

    Parameters
    ----------
    due_in
        Seconds until the next one that is known; None where none is.
    deployment
        Name of the deployment that it will probably be of; None where nobody knows.
    since_begin, since_active
        Seconds since a run has begun, and since one has begun or ended.
    keep
        Seconds without any run after which nothing is kept ready for those that nobody has announced.
    """

    due_in: float | None
    deployment: str | None
    since_begin: float
    since_active: float
    keep: float

    @property
    def is_soon(self) -> bool:
        """Whether the next run is due so soon that a worker must be ready."""
        return self.due_in is not None and self.due_in <= AHEAD


def readying(ahead: Ahead, spare: str | None) -> Readying:
    """Decide about the worker that is ready.

    Parameters
    ----------
    ahead
        The runs to come.
    spare
        Name of the deployment that the worker was made ready for, empty for any; None where there is no worker.
    """
    if not (ahead.is_soon or ahead.since_active < ahead.keep):
        return Readying.LEAVE if spare is None else Readying.DROP
    if ahead.since_begin < BREATH:
        return Readying.LEAVE
    if spare is None:
        return Readying.MAKE
    # What is ready for another notebook has loaded other packages: its kernel would be started anew.
    is_other = ahead.deployment is not None and spare != ahead.deployment
    in_time = ahead.is_soon and ahead.due_in is not None and ahead.due_in > _TOO_LATE
    return Readying.REPLACE if is_other and in_time else Readying.LEAVE


def changes_in(ahead: Ahead) -> float | None:
    """Seconds until `readying` may decide otherwise by time alone; None where it will not."""
    until: list[float] = []
    if ahead.due_in is not None and not ahead.is_soon:
        until.append(ahead.due_in - AHEAD)
    if ahead.since_begin < BREATH:
        until.append(BREATH - ahead.since_begin)
    return min(until, default=None)


__all__ = ["AHEAD", "BREATH", "Ahead", "Readying", "changes_in", "readying"]
