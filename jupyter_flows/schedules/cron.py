"""Schedules written as cron expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from importlib import import_module
from itertools import count
from typing import Any

from jupyter_flows.schedules.clock import WallClock
from jupyter_flows.schedules.cron_text import CronFields, read_cron

__all__ = ["CronSchedule"]

_MOST_YEARS = 41  # a 29 February on a given weekday comes within 40 years, also across 2100
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CronSchedule(WallClock):
    """Ticks where minute, hour, day of month, month and day of week fit.

    Parameters
    ----------
    cron
        Five fields, or ``@hourly``, ``@daily``, ``@midnight``, ``@weekly``, ``@monthly``, ``@yearly``,
        ``@annually``.
        A field is ``*``, ``*/n``, numbers, ranges ``a-b`` and ``a-b/n``, separated by commas; months and weekdays also
        as ``jan`` and ``mon``. Where both day fields begin with something else than ``*``, a day fits by either of
        them; else it must fit both.
    timezone, start, end, jitter, parameters
        As for every clock.

    Raises
    ------
    ScheduleError
        For what cron programs read in different ways, what never fires, and what is no cron expression.
    """

    cron: str
    fields: CronFields = field(init=False, repr=False, compare=False)

    def prepare(self) -> None:
        object.__setattr__(self, "fields", read_cron(self.cron))

    @property
    def follows_elapsed_time(self) -> bool:
        return self.fields.wildcard

    def readings(self, edge: datetime, *, forward: bool) -> Iterator[datetime]:
        step = 1 if forward else -1
        hours = [timedelta(hours=hour) for hour in self.fields.hours][::step]
        minutes = [timedelta(minutes=minute) for minute in self.fields.minutes][::step]
        for day in _days(self.fields, edge, forward=forward):
            for whole in (day + hour for hour in hours):
                if whole + _HOUR > edge if forward else whole <= edge:  # of the first day, only what lies beyond
                    yield from (whole + minute for minute in minutes)


def _days(fields: CronFields, edge: datetime, *, forward: bool) -> Iterator[datetime]:
    """Give the midnights of the days that fit.

    Where not every day fits, this question goes to croniter, with nothing but stars and lists of numbers: there all
    cron programs agree.
    """
    open_day = fields.either_day and (fields.every_date or fields.every_weekday)
    dates = "*" if open_day or fields.every_date else ",".join(map(str, fields.days))
    weekdays = "*" if open_day or fields.every_weekday else ",".join(map(str, fields.weekdays))
    months = "*" if len(fields.months) == 12 else ",".join(map(str, fields.months))
    midnight = datetime.combine(edge.date(), time())
    if (dates, months, weekdays) == ("*", "*", "*"):
        yield from (midnight + _DAY * number for number in count(0, 1 if forward else -1))
    croniter: Any = import_module("croniter").croniter  # deferred: most processes ask no schedule for its ticks
    days: Any = croniter(
        f"0 0 {dates} {months} {weekdays}",
        midnight - _DAY if forward else midnight + _DAY,  # it searches strictly beyond
        ret_type=datetime,
        day_or=fields.either_day,
        max_years_between_matches=_MOST_YEARS,
    )
    while True:
        yield days.get_next() if forward else days.get_prev()
