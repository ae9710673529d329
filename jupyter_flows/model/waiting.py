"""Why something has not begun."""

from __future__ import annotations

from dataclasses import dataclass

NOT_DUE, CLAIMED, NO_RUNNER, BUSY, ACTIVE, OVERLAP, LIMIT, PRIORITY, SOON = (
    *("not due", "claimed", "no runner", "busy", "active", "overlap", "limit", "priority", "soon"),
)
"""The reasons there are."""


@dataclass(frozen=True, slots=True)
class WaitingReason:
    """One reason why a run of a deployment has not begun.

    Parameters
    ----------
    reason
        `NOT_DUE`, `CLAIMED`, `NO_RUNNER`, `BUSY`, `ACTIVE`, `OVERLAP`, `LIMIT`, `PRIORITY` or `SOON`.
    said
        One sentence for people.
    advice
        What to do; empty where waiting is all there is to do.
    run_ids
        The runs that it waits for.
    """

    reason: str
    said: str
    advice: str = ""
    run_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldTick:
    """What became of a tick of a schedule.

    Parameters
    ----------
    at
        Seconds since the epoch.
    outcome
        A value of `model.ticks`.
    run_id, reason
        Its run; or why it has none, in words.
    """

    at: float
    schedule: str
    outcome: str
    run_id: str | None
    reason: str


__all__ = [
    "ACTIVE",
    "BUSY",
    "CLAIMED",
    "LIMIT",
    "NOT_DUE",
    "NO_RUNNER",
    "OVERLAP",
    "PRIORITY",
    "SOON",
    "ToldTick",
    "WaitingReason",
]
