"""What happens to ticks that were missed, and to a run whose earlier one is not done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice, takewhile

from jupyter_flows.schedules.tick import Tick
from jupyter_flows.schedules.tick_source import TickSource

__all__ = ["CatchUp", "DueTicks", "Overlap", "due_ticks"]

MOST_CAUGHT_UP = 100
_MOMENT = timedelta(microseconds=1)


class CatchUp(StrEnum):
    """Which of the ticks run that went by while nobody looked."""

    LATEST = "latest"
    ALL = "all"
    NONE = "none"


class Overlap(StrEnum):
    """What a tick does while the run of an earlier one is not final."""

    QUEUE = "queue"
    SKIP = "skip"
    ALLOW = "allow"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class DueTicks:
    """The answer of `due_ticks`.

    Parameters
    ----------
    ticks
        To be run, ascending.
    left_out
        How many ticks of the same time are not run; of very many only the first hundred or so are counted.
    more_left_out
        Whether there are more than `left_out`.
    """

    ticks: tuple[Tick, ...]
    left_out: int = 0
    more_left_out: bool = False


def due_ticks(
    source: TickSource,
    *,
    planned: datetime,
    now: datetime,
    catchup: CatchUp = CatchUp.LATEST,
    grace: timedelta = timedelta(seconds=60),
    limit: int = MOST_CAUGHT_UP,
) -> DueTicks:
    """Return which ticks later than the last planned one, and not later than now, are to be run.

    Parameters
    ----------
    planned, now
        The last tick that was planned, and the present: aware. Nothing is due where `now` is not later.
    catchup
        A tick older than `grace` was missed. ``latest``: of missed ones the last runs, if none is in time; ``all``:
        they all run, the newest `limit` of them; ``none``: none runs. Ticks in time always run.
    grace
        How late a tick still counts as in time.
    limit
        The most ticks that are given at once; no more than one beyond it are ever looked at.
    """
    first, last = source.instant(planned, "planned"), source.instant(now, "now")
    backward = takewhile(lambda tick: tick.at > first, source.backward(last + _MOMENT))
    newest = list(islice(backward, limit + 1))
    in_time = [tick for tick in newest if last - source.instant(tick.at, "now") <= grace]
    chosen = in_time[:limit]
    if catchup == CatchUp.ALL:
        chosen = newest[:limit]
    elif catchup == CatchUp.LATEST:
        chosen = chosen or newest[:1]
    return DueTicks(tuple(reversed(chosen)), len(newest) - len(chosen), len(newest) > limit)
