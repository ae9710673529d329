"""From wall-clock times to instants: the one place that knows what happens when the clocks change.

The policy, the same for every kind of schedule (it is that of Debian's cron):

* a *fixed* time that does not exist runs once, right after the gap; one that comes twice runs once, the first time;
* times with *wildcards* follow elapsed time: what does not exist does not run, what comes twice runs twice;
* a gap of more than three hours is no change for the summer but a calendar that lost a day (Samoa had no
  30 December 2011): nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["first_reading", "in_order", "instants_of", "last_reading", "transition_between"]

LONGEST_GAP = timedelta(hours=3)
_FURTHEST = timedelta(hours=26)  # more than two offsets of one zone have ever been apart
_SECOND = timedelta(seconds=1)


def offset_at(instant: datetime, zone: ZoneInfo) -> timedelta:
    """Return how far the zone is ahead of UTC at an instant."""
    return instant.astimezone(zone).utcoffset() or timedelta()


def _offsets(naive: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Return the offsets before and after a change at this wall-clock time; equal where it is read once."""
    before = naive.replace(tzinfo=zone).utcoffset()
    after = naive.replace(tzinfo=zone, fold=1).utcoffset()
    return before or timedelta(), after or timedelta()


def instants_of(naive: datetime, zone: ZoneInfo, *, elapsed: bool) -> tuple[datetime, ...]:
    """Return the instants in UTC at which a wall-clock time runs, by the policy of this module.

    Parameters
    ----------
    naive
        Wall-clock time.
    elapsed
        Whether it stems from wildcards, which follow elapsed time.
    """
    before, after = _offsets(naive, zone)
    moved = naive.replace(tzinfo=UTC)
    if before == after:
        return (moved - before,)
    if before > after:
        return (moved - before, moved - after) if elapsed else (moved - before,)
    if elapsed or after - before > LONGEST_GAP:
        return ()
    return (transition_between(moved - after, moved - before, zone),)


def transition_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant, between two whose offsets differ, from which the later offset holds."""
    goal = offset_at(late, zone)
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        early, late = (early, middle) if offset_at(middle, zone) == goal else (middle, late)
    return late.replace(microsecond=0)


def first_reading(after: datetime, zone: ZoneInfo) -> datetime:
    """Return a wall-clock time from which on all that runs later than an instant is named.

    It is earlier than what the clock shows when the clocks will be put back soon: the hour that comes again is ahead.
    """
    offset = min(offset_at(after, zone), offset_at(after + _FURTHEST, zone))
    return after.replace(tzinfo=None) + offset


def last_reading(before: datetime, zone: ZoneInfo) -> datetime:
    """Return a wall-clock time up to which all that runs earlier than an instant is named."""
    offset = max(offset_at(before, zone), offset_at(before - _FURTHEST, zone))
    return before.replace(tzinfo=None) + offset


def in_order(naives: Iterable[datetime], zone: ZoneInfo, *, elapsed: bool, forward: bool = True) -> Iterator[datetime]:
    """Turn wall-clock times into instants, each once and in order.

    Parameters
    ----------
    naives
        Wall-clock times, ascending where `forward`, else descending.
    elapsed
        Whether they stem from wildcards.

    Yields
    ------
    Instants in UTC. An hour that comes twice is given in its first and then in its second pass, so instants wait
    until no earlier one can follow: the first instants of ascending wall-clock times never go back.
    """
    waiting: list[datetime] = []
    last: datetime | None = None
    for naive in naives:
        found = instants_of(naive, zone, elapsed=elapsed)
        if not found:
            continue
        waiting = sorted({*waiting, *found}, reverse=not forward) if waiting or len(found) > 1 else [*found]
        bound = min(found) if forward else max(found)
        while waiting and (waiting[0] <= bound if forward else waiting[0] >= bound):
            instant = waiting.pop(0)
            if instant != last:
                yield instant
            last = instant
    yield from (instant for instant in waiting if instant != last)
