"""The clocks that `--cron`, `--every`, `--rrule` and `--at` name."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules import Clock, CronSchedule, DatesSchedule, IntervalSchedule, RRuleSchedule
from jupyter_flows.schedules.zones import as_local, zone_of

_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY = timedelta(days=1)
_DEFAULT_ZONE = "UTC"
_WITH_A_DAY = "times of the day go alone (every day) or with --every of whole days; else write them into the expression"


def clocks_of(options: Namespace) -> tuple[Clock, ...]:
    """Make the clocks of what was typed, each of it one.

    Parameters
    ----------
    options
        With ``cron``, ``every``, ``rrule`` and ``at`` (lists) and ``timezone``, ``start``, ``end`` and ``jitter``.

    Returns
    -------
    tuple of Clock
        In the order cron, every, rrule, at; empty where nothing was typed.

    Raises
    ------
    ScheduleError
        For what cannot be meant, and for options that say when it ends, and nothing that says when it runs.
    """
    shared = _shared(options)
    times, dates = _times_and_dates(options.at)
    if times and (options.cron or options.rrule):
        raise ScheduleError("at", ",".join(times), _WITH_A_DAY)
    clocks: list[Clock] = [CronSchedule(text, **shared) for text in options.cron]
    clocks += [clock for every in options.every for clock in _intervals(every, times, shared)]
    clocks += [RRuleSchedule(text, **shared) for text in options.rrule]
    if times and not options.every:
        clocks += [CronSchedule(text, **shared) for text in _daily(times)]
    if dates:
        clocks.append(DatesSchedule(dates, **shared))
    return tuple(clocks) or _refuse_what_needs_a_clock(options)


def _refuse_what_needs_a_clock(options: Namespace) -> tuple[Clock, ...]:
    for name in ("timezone", "start", "end", "jitter"):
        if (value := getattr(options, name)) is not None:
            advice = "nothing says when it runs; give --cron, --every, --rrule or --at"
            raise ScheduleError(name, str(value), advice)
    return ()


def _shared(options: Namespace) -> dict[str, Any]:
    shared: dict[str, Any] = {"timezone": options.timezone or _DEFAULT_ZONE}
    zone = zone_of(shared["timezone"])
    for name in ("start", "end"):
        if (value := getattr(options, name)) is not None:
            as_local(value, zone, name)  # for its checks
            shared[name] = value
    if options.jitter is not None:
        shared["jitter"] = options.jitter
    return shared


def _times_and_dates(typed: Sequence[str]) -> tuple[list[str], list[str]]:
    texts = [part.strip() for text in typed for part in text.split(",")]
    times = [text for text in texts if _TIME_OF_DAY.fullmatch(text)]
    return times, [text for text in texts if text not in times]


def _intervals(every: timedelta, times: Sequence[str], shared: dict[str, Any]) -> list[Clock]:
    if not times:
        return [IntervalSchedule(every, **shared)]
    if every % _DAY:
        raise ScheduleError("at", ",".join(times), _WITH_A_DAY)
    return [IntervalSchedule(every, anchor_date=_anchor(time, shared), **shared) for time in times]


def _anchor(time: str, shared: dict[str, Any]) -> datetime:
    """Return a point of the grid at that time of the day: on the first day of the schedule, where it has one."""
    found = _TIME_OF_DAY.fullmatch(time)
    assert found
    hour, minute = int(found[1]), int(found[2])
    if "start" in shared:
        return as_local(shared["start"], zone_of(shared["timezone"]), "start").replace(
            hour=hour, minute=minute, second=0, microsecond=0
        )
    return datetime(2000, 1, 1, hour, minute)  # noqa: DTZ001 - wall-clock time of the schedule's zone


def _daily(times: Sequence[str]) -> list[str]:
    """Return cron expressions of times of the day, those of one minute together."""
    hours: dict[str, set[int]] = {}
    for time in times:
        hour, _, minute = time.partition(":")
        hours.setdefault(str(int(minute)), set()).add(int(hour))
    return [f"{minute} {','.join(map(str, sorted(found)))} * * *" for minute, found in hours.items()]


__all__ = ["clocks_of"]
