"""Schedules in words: "at 09:00 on Monday to Friday, Europe/Rome"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from jupyter_flows.schedules.clock import Clock
from jupyter_flows.schedules.combined import Schedule
from jupyter_flows.schedules.cron import CronSchedule
from jupyter_flows.schedules.cron_text import CronFields
from jupyter_flows.schedules.dates import DatesSchedule
from jupyter_flows.schedules.filters import Filter
from jupyter_flows.schedules.interval import IntervalSchedule
from jupyter_flows.schedules.rrule import RRuleSchedule
from jupyter_flows.schedules.tick_source import TickSource

__all__ = ["describe"]

_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_MOST_TIMES = 6
_UNITS = ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def describe(source: TickSource) -> str:
    """Return a schedule in words, with its zone."""
    if isinstance(source, Schedule):
        text = "; and ".join(describe(clock) for clock in source.clocks)
        named = [_filter_words(item) for item in (*source.filters, *source.or_filters, *source.not_filters)]
        filtered = f"; filtered by {', '.join(named)}" if named else ""
        moved = ", ".join(item.name for item in source.adjustments)
        return f"{text}{filtered}{f'; then {moved}' if moved else ''}"
    return _clock_words(source) if isinstance(source, Clock) else type(source).__name__


def _clock_words(clock: Clock) -> str:
    parts = [_kind_words(clock), clock.timezone]
    parts += [f"from {clock.start:%Y-%m-%d %H:%M}"] if clock.start else []
    parts += [f"until {clock.end:%Y-%m-%d %H:%M}"] if clock.end else []
    parts += [f"up to {_a(_span(clock.jitter))} later"] if clock.jitter else []
    return ", ".join(parts)


def _kind_words(clock: Clock) -> str:
    if isinstance(clock, CronSchedule):
        return _cron_words(clock.fields)
    if isinstance(clock, IntervalSchedule):
        return f"every {_span(clock.interval)}"
    if isinstance(clock, RRuleSchedule):
        return f"by the rule {clock.rrule}"
    if isinstance(clock, DatesSchedule):
        first = f"{clock.instants[0].astimezone(clock.zone):%Y-%m-%d %H:%M}"
        return f"once, at {first}" if len(clock.dates) == 1 else f"at {len(clock.dates)} dates from {first}"
    return type(clock).__name__


def _cron_words(fields: CronFields) -> str:
    return " ".join(part for part in (_times(fields), _days(fields), _months(fields)) if part)


def _times(fields: CronFields) -> str:
    if len(fields.hours) * len(fields.minutes) <= _MOST_TIMES:
        return f"at {_listed([f'{hour:02}:{minute:02}' for hour in fields.hours for minute in fields.minutes])}"
    step = _even_step(fields.minutes, 60)
    every = "minute" if step == 1 else f"{step} minutes"
    minutes = f"every {every}" if step else f"at minute {_listed(_runs(fields.minutes))}"
    if fields.minutes == (0,):
        minutes = "on the hour"
    step = _even_step(fields.hours, 24)
    if step == 1:
        return (
            minutes
            if minutes.startswith("every")
            else ("every hour, on the hour" if fields.minutes == (0,) else f"{minutes} of every hour")
        )
    hours = f"every {step} hours" if step else _listed(_runs(fields.hours))
    return f"{minutes} of {hours}" if step else f"{minutes} of the hours {hours}"


def _days(fields: CronFields) -> str:
    dates = "" if fields.every_date else f"on day {_listed(_runs(fields.days))} of the month"
    week = "" if fields.every_weekday else f"on {_listed(_runs(fields.weekdays, _WEEKDAYS))}"
    if fields.either_day and not (dates and week):
        return ""
    if dates and week:
        return f"{dates} {'or' if fields.either_day else 'that is also'} {week}"
    return dates or week


def _months(fields: CronFields) -> str:
    return "" if len(fields.months) == 12 else f"in {_listed(_runs(fields.months, ('', *_MONTHS)))}"


def _even_step(numbers: Sequence[int], size: int) -> int:
    """Return n where the numbers are those of ``*/n`` and n divides the cycle; else 0."""
    step = size // len(numbers)
    return step if tuple(numbers) == tuple(range(0, size, step)) else 0


def _runs(numbers: Sequence[int], names: Sequence[str] = ()) -> list[str]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [names[number] if names else str(number) for run in runs for number in (run if len(run) < 3 else ())]
    if all(len(run) < 3 for run in runs):
        return told
    return [_run_words([names[number] if names else str(number) for number in run]) for run in runs]


def _run_words(run: list[str]) -> str:
    return f"{run[0]} to {run[-1]}" if len(run) > 2 else _listed(run)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    for size, name in _UNITS:
        if seconds % size == 0 and seconds >= size:
            return name if seconds == size else f"{seconds / size:g} {name}s"
    return f"{seconds:g} seconds"


def _a(span: str) -> str:
    if span[:1].isdigit():
        return span
    return f"an {span}" if span.startswith("h") else f"a {span}"


def _filter_words(item: object) -> str:
    if isinstance(item, Filter):
        return f"{item.name}({', '.join(map(str, item.values))})" if item.values else item.name
    return getattr(item, "__name__", type(item).__name__)
