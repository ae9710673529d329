"""Reckoning with ended runs: counts, percentiles, and how the last week compares with the one before."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jupyter_flows.model.states import BAD, FOLLOWING
from jupyter_flows.model.statistics import EndedRun, RunStatistics, Span

DAY = 86_400.0
WEEK = 7 * DAY
SPANS = 12
_NO_WORK = frozenset({"Cached", "Skipped", "Mapped"})
_BAD = frozenset(map(str, BAD))


def statistics_of(ended: Iterable[EndedRun], since: float, now: float) -> list[RunStatistics]:
    """Reckon for each flow, or for each task of each flow; those that ran most come first.

    Parameters
    ----------
    ended
        The runs, in any order; older ones than `since` count for the week before last week only.
    since, now
        The time that is looked at, in seconds since the epoch.
    """
    clock = _Clock(since, now)
    gathered: dict[tuple[str, str], _Gathered] = {}
    for run in ended:
        of = run[:2]
        if (found := gathered.get(of)) is None:
            found = gathered[of] = _Gathered(clock)
        found.add(run)
    found = [each.reckoned(*of) for of, each in gathered.items()]
    return sorted((one for one in found if one.runs), key=lambda one: (-one.runs, one.flow, one.task))


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value below which a share (0 to 1) of sorted values lies, in between two where it falls there."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


class _Clock:
    """Which stretches of time there are: the spans of the time looked at, and the last two weeks."""

    def __init__(self, since: float, now: float) -> None:
        self.since, self.now = since, now
        width = max(now - since, 1.0) / SPANS
        self.starts = [since + width * place for place in range(SPANS)]
        self.ends = [*self.starts[1:], now]
        self.week, self.before = now - WEEK, now - 2 * WEEK

    def span(self, at: float) -> int:
        """The stretch of the time looked at that an instant is in; -1 before it."""
        return bisect_right(self.starts, at) - 1

    def week_of(self, at: float) -> int | None:
        """0 for the last week, 1 for the one before, None for earlier."""
        return 0 if at >= self.week else 1 if at >= self.before else None


@dataclass(slots=True)
class _Tally:
    completed: int = 0
    failed: int = 0
    seconds: array[float] = field(default_factory=lambda: array("d"))

    def span(self, start: float, end: float) -> Span:
        return Span(start, end, self.completed, self.failed, percentile(sorted(self.seconds), 0.5))


class _Gathered:
    """The runs of one flow or task."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self._spans = [_Tally() for _ in range(SPANS)]
        self._weeks = (_Tally(), _Tally())
        self._runs = self._tried_again = 0
        self._kind, self._newest = "", float("-inf")

    def add(self, run: EndedRun) -> None:
        span, week = self._clock.span(run.ended_at), self._clock.week_of(run.ended_at)
        tallies = [self._weeks[week]] if week is not None else []
        if span >= 0:
            self._runs += 1
            self._tried_again += run.attempts > 1
            tallies.append(self._spans[span])
        if run.ended_at > self._newest:
            self._kind, self._newest = run.kind, run.ended_at
        if run.state_kind == "completed":
            _add_completed(run, tallies)
        elif run.state_kind in _BAD and run.state_name not in FOLLOWING:
            for tally in tallies:
                tally.failed += 1

    def reckoned(self, flow: str, task: str) -> RunStatistics:
        clock = self._clock
        seconds = sorted(value for tally in self._spans for value in tally.seconds)
        return RunStatistics(
            flow=flow,
            task=task,
            kind=self._kind,
            runs=self._runs,
            completed=sum(tally.completed for tally in self._spans),
            failed=sum(tally.failed for tally in self._spans),
            tried_again=self._tried_again,
            median=percentile(seconds, 0.5),
            p95=percentile(seconds, 0.95),
            longest=seconds[-1] if seconds else None,
            total=sum(seconds),
            last_week=self._weeks[0].span(clock.week, clock.now),
            week_before=self._weeks[1].span(clock.before, clock.week),
            spans=tuple(map(_Tally.span, self._spans, clock.starts, clock.ends)),
        )


def _add_completed(run: EndedRun, tallies: Iterable[_Tally]) -> None:
    if run.state_name == "Skipped":
        return
    took = None if run.started_at is None or run.state_name in _NO_WORK else max(0.0, run.ended_at - run.started_at)
    for tally in tallies:
        tally.completed += 1
        if took is not None:
            tally.seconds.append(took)


__all__ = ["DAY", "SPANS", "WEEK", "percentile", "statistics_of"]
