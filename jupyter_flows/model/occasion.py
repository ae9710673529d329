"""Why a run takes place: the deployment that it was made from, and the instant that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a run of a deployment knows of where it comes from; the same at each of its attempts.

    Parameters
    ----------
    deployment
        The deployment's name.
    tick
        The instant that it stands for, in its schedule's zone; None where it was not made for one.
    scheduled_at
        When it was to start, in the same zone (UTC where there is no tick).
    """

    deployment: str
    tick: datetime | None = None
    scheduled_at: datetime | None = None


__all__ = ["Occasion"]
