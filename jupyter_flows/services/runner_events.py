"""What a runner tells of itself: one event, one calm line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunnerEvent:
    """Something that happened to a runner.

    Parameters
    ----------
    at
        Seconds since the epoch.
    kind
        ``started``, ``tick`` (one that has no run of its own), ``begun``, ``ended``, ``again`` (waits for its next
        attempt), ``returned`` (waits as before), ``lost`` (its process died), ``orphan`` (a process that outlived its
        runner was killed), ``dead`` (another runner is), ``automation`` (one acted), ``trouble``, ``recovered``,
        ``stopping`` or ``stopped``.
    text
        For people, one line.
    run_id, deployment
        Which run, and the name of its deployment; empty where none is concerned.
    state
        The name of the run's state; empty where it has none yet.
    """

    at: float
    kind: str
    text: str
    run_id: str = ""
    deployment: str = ""
    state: str = ""


Tell = Callable[[RunnerEvent], object]

__all__ = ["RunnerEvent", "Tell"]
