"""Schedules under the words of flows that are declared as a graph, and under the short ones of today's guides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from jupyter_flows.schedules import CronSchedule as _CronSchedule
from jupyter_flows.schedules import DatesSchedule, RRuleSchedule, Schedule
from jupyter_flows.schedules import IntervalSchedule as _IntervalSchedule


def IntervalSchedule(  # noqa: N802 - the name of a class in the guides
    start_date: datetime | timedelta | None = None,
    interval: timedelta | None = None,
    end_date: datetime | None = None,
    **options: Any,
) -> _IntervalSchedule:
    """Return `jupyter_flows.schedules.IntervalSchedule`; the grid begins at ``start_date``, where one is given.

    A single length is the interval.
    """
    if isinstance(start_date, timedelta):
        start_date, interval = None, start_date
    anchor: dict[str, Any] = {} if start_date is None else {"anchor_date": start_date, "start": start_date}
    return Interval(interval or timedelta(0), **{**anchor, "end": end_date, **options})


def CronSchedule(  # noqa: N802
    cron: str, start_date: datetime | None = None, end_date: datetime | None = None, **options: Any
) -> _CronSchedule:
    """Return `jupyter_flows.schedules.CronSchedule`, from ``start_date`` to ``end_date``."""
    return _CronSchedule(cron, **{"start": start_date, "end": end_date, **options})


def Interval(interval: timedelta | float, **options: Any) -> _IntervalSchedule:  # noqa: N802
    """Return an `IntervalSchedule` of an interval that may be a number of seconds."""
    return _IntervalSchedule(interval if isinstance(interval, timedelta) else timedelta(seconds=interval), **options)


Cron, RRule = _CronSchedule, RRuleSchedule

__all__ = [
    "Cron",
    "CronSchedule",
    "DatesSchedule",
    "Interval",
    "IntervalSchedule",
    "RRule",
    "Schedule",
]
