"""Schedules written as recurrence rules of calendars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import import_module
from itertools import dropwhile, islice
from typing import Any

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.clock import WallClock
from jupyter_flows.schedules.interval import ANCHOR
from jupyter_flows.schedules.rrule_text import FREQUENCIES, RRuleParts, read_rrule
from jupyter_flows.schedules.zones import as_local

__all__ = ["RRuleSchedule"]

_YEARLY, _MONTHLY, _WEEKLY, _DAILY, _HOURLY, _MINUTELY = range(len(FREQUENCIES))
_STEP = {
    _WEEKLY: timedelta(weeks=1),
    _DAILY: timedelta(days=1),
    _HOURLY: timedelta(hours=1),
    _MINUTELY: timedelta(minutes=1),
}
_WIDEST = timedelta(days=366 * 40)


@dataclass(frozen=True, slots=True)
class RRuleSchedule(WallClock):
    """Ticks by a recurrence rule of RFC 5545.

    Parameters
    ----------
    rrule
        Such as ``FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=9``, one rule in one line. From ``DAILY`` up it
        names fixed times; ``HOURLY`` and ``MINUTELY`` follow elapsed time when the clocks change. COUNT is at most
        10,000; what RFC 5545 forbids is refused, and ``SECONDLY``.
    dtstart
        Where counting starts, with the parts that the rule leaves open, such as the time of day; no tick is earlier.
        Midnight of 1 January 2000 in the zone when not given.
    timezone, start, end, jitter, parameters
        As for every clock.

    Raises
    ------
    ScheduleError
        For unknown parts, for what would need unbounded work, and for a rule that never fires.
    """

    rrule: str
    dtstart: datetime = ANCHOR
    rule: RRuleParts = field(init=False, repr=False, compare=False)

    def prepare(self) -> None:
        dtstart = as_local(self.dtstart, self.zone, "dtstart").replace(microsecond=0)
        object.__setattr__(self, "dtstart", dtstart)
        rule = _complete(read_rrule(self.rrule, self.zone), dtstart)
        object.__setattr__(self, "rule", rule)
        if _misses_the_grid(rule, dtstart):
            raise ScheduleError(
                "rrule", self.rrule, f"it never fires: in its steps from {dtstart} nothing listed comes"
            )
        try:
            ticks = list(islice(_dateutil(rule, dtstart), rule.count or 1))
        except ValueError as error:  # dateutil's word on lists that cannot meet
            raise ScheduleError("rrule", self.rrule, f"it never fires: {error}") from None
        if not ticks:
            raise ScheduleError("rrule", self.rrule, f"it never fires after {dtstart}")
        if rule.count is not None:  # counted once; from here on it is a rule with an end, which can be entered anywhere
            object.__setattr__(self, "rule", replace(rule, count=None, until=ticks[-1]))

    @property
    def follows_elapsed_time(self) -> bool:
        return self.rule.frequency >= _HOURLY

    def readings(self, edge: datetime, *, forward: bool) -> Iterator[datetime]:
        if not forward:
            return self._descending(edge)
        edge = max(edge, self.dtstart)
        ticks = _dateutil(self.rule, _entry(self.rule, self.dtstart, edge))
        return dropwhile(lambda naive: naive < edge, ticks)

    def _descending(self, edge: datetime) -> Iterator[datetime]:
        """Give the wall-clock times from an edge down: windows that grow while they are empty, each read forward."""
        span, end = _window(self.rule), edge
        while end >= self.dtstart:
            begin = max(end - span, self.dtstart)
            entry = _entry(self.rule, self.dtstart, begin)
            found = [naive for naive in _dateutil(self.rule, entry, end) if naive >= begin]
            yield from reversed(found)
            end = begin - timedelta(seconds=1)
            span = span if found else min(span * 4, _WIDEST)


def _complete(rule: RRuleParts, dtstart: datetime) -> RRuleParts:
    """Write out what a rule takes from its start, so that it can be entered at any later period."""
    lists, weekdays = dict(rule.lists), rule.weekdays
    if not weekdays and not lists.keys() & {"byweekno", "byyearday", "bymonthday"}:
        if rule.frequency == _YEARLY:
            lists.setdefault("bymonth", (dtstart.month,))
        if rule.frequency in {_YEARLY, _MONTHLY}:
            lists["bymonthday"] = (dtstart.day,)
        elif rule.frequency == _WEEKLY:
            weekdays = ((dtstart.weekday(), 0),)
    for name, below in (("byhour", _HOURLY), ("byminute", _MINUTELY), ("bysecond", _MINUTELY + 1)):
        if rule.frequency < below:
            lists.setdefault(name, (getattr(dtstart, name.removeprefix("by")),))
    return _by_years(replace(rule, lists=lists, weekdays=weekdays))


def _by_years(rule: RRuleParts) -> RRuleParts:
    """Write days of certain months as a rule of years, in which they are found without looking at all other days."""
    if rule.frequency != _DAILY or rule.interval > 1 or not rule.lists.keys() & {"bymonth", "bymonthday"}:
        return rule
    lists = {**rule.lists, "bymonthday": rule.lists.get("bymonthday", tuple(range(1, 32)))}
    return replace(rule, frequency=_YEARLY, lists=lists)


def _misses_the_grid(rule: RRuleParts, dtstart: datetime) -> bool:
    """Whether a rule of hours or minutes, or of days in steps of weeks, steps over all that it lists."""
    if rule.frequency == _DAILY:
        days = {day for day, _ in rule.weekdays}
        return bool(days) and rule.interval % 7 == 0 and dtstart.weekday() not in days
    if rule.frequency not in {_HOURLY, _MINUTELY}:
        return False
    first, step = (
        (dtstart.hour * 60, rule.interval * 60)
        if rule.frequency == _HOURLY
        else (
            dtstart.hour * 60 + dtstart.minute,
            rule.interval,
        )
    )
    hours, minutes = (rule.lists.get(name) for name in ("byhour", "byminute"))
    if hours is None and (minutes is None or rule.frequency == _HOURLY):
        return False
    reached = [(first + step * turn) % 1440 for turn in range(1440)]
    return not any(
        (hours is None or minute // 60 in hours)
        and (rule.frequency == _HOURLY or minutes is None or minute % 60 in minutes)
        for minute in reached
    )


def _entry(rule: RRuleParts, dtstart: datetime, edge: datetime) -> datetime:
    """Return where the rule can be entered to give the same ticks from an edge on: some periods before it."""
    if (step := _STEP.get(rule.frequency)) is not None:
        periods = (edge - dtstart) // (step * rule.interval) - 2
        return dtstart + step * rule.interval * periods if periods > 0 else dtstart
    months = rule.interval * (12 if rule.frequency == _YEARLY else 1)
    periods = ((edge.year - dtstart.year) * 12 + edge.month - dtstart.month) // months - 2
    if periods <= 0:
        return dtstart
    month = dtstart.year * 12 + dtstart.month - 1 + months * periods
    return datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - wall-clock time


def _window(rule: RRuleParts) -> timedelta:
    if rule.frequency == _YEARLY:
        return timedelta(days=366 * min(rule.interval, 40))
    if rule.frequency == _MONTHLY:
        return timedelta(days=31 * min(rule.interval, 480))
    return min(_STEP[rule.frequency] * rule.interval * 10, _WIDEST)


def _dateutil(rule: RRuleParts, dtstart: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """Ask dateutil, on wall-clock times without a zone."""
    library: Any = import_module("dateutil.rrule")  # deferred: most processes ask no schedule for its ticks
    options: dict[str, Any] = dict(rule.lists)
    if rule.weekdays:
        options["byweekday"] = [library.weekday(day, place or None) for day, place in rule.weekdays]
    ends = [end for end in (until, rule.until) if end is not None]
    ticks = library.rrule(
        rule.frequency,
        dtstart=dtstart,
        interval=rule.interval,
        wkst=rule.week_start,
        until=min(ends, default=None),
        **options,
    )
    return iter(ticks)
