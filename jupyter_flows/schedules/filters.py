"""Filters of schedules: which ticks of the clocks count. Each is a value that can be stored and called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast

from jupyter_flows.errors import ScheduleError

__all__ = [
    "Filter",
    "at_time",
    "between_dates",
    "between_times",
    "is_day_of_week",
    "is_month_end",
    "is_month_start",
    "is_weekday",
    "is_weekend",
    "make_filter",
    "on_date",
]

_FEBRUARY_29 = 2000  # a year that has one


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a tick's wall-clock time in the zone of its clock.

    Parameters
    ----------
    name
        Such as ``between_times``.
    values
        What it was made with: whole numbers and ``HH:MM[:SS]``.
    """

    name: str
    values: tuple[int | str, ...] = ()

    def __call__(self, at: datetime) -> bool:
        """Say whether an instant passes."""
        return _RULES[self.name](at, self.values)


def on_date(month: int, day: int) -> Filter:
    """Pass one day of each year."""
    return make_filter("on_date", (month, day))


def between_dates(start_month: int, start_day: int, end_month: int, end_day: int) -> Filter:
    """Pass the days of each year from one to another, both included, over the end of the year where need be."""
    return make_filter("between_dates", (start_month, start_day, end_month, end_day))


def at_time(at: time) -> Filter:
    """Pass one time of the day."""
    return make_filter("at_time", (at,))


def between_times(start: time, end: time) -> Filter:
    """Pass the times of the day from one to another, both included, over midnight where need be."""
    return make_filter("between_times", (start, end))


def is_day_of_week(day: int) -> Filter:
    """Pass one weekday, Monday being 0."""
    return make_filter("is_day_of_week", (day,))


is_weekday = Filter("is_weekday")
is_weekend = Filter("is_weekend")
is_month_start = Filter("is_month_start")
is_month_end = Filter("is_month_end")


def make_filter(name: object, values: tuple[object, ...]) -> Filter:
    """Return a checked filter of that name.

    Raises
    ------
    ScheduleError
        For an unknown name, a day that no year has, and what is no time.
    """
    kinds = _KINDS.get(name) if isinstance(name, str) else None
    if kinds is None or len(kinds) != len(values):
        raise ScheduleError("filters", name, f"the filters are {', '.join(_KINDS)}, each with its own values")
    checked = tuple(kind(str(name), value) for kind, value in zip(kinds, values, strict=True))
    for month, day in zip(checked[::2], checked[1::2], strict=False):
        if "date" in str(name):
            _check_date(str(name), month, day)
    return Filter(str(name), checked)


def _check_date(name: str, month: int | str, day: int | str) -> None:
    try:
        date(_FEBRUARY_29, int(month), int(day))
    except ValueError:
        raise ScheduleError(name, (month, day), "no year has this month and day") from None


def _number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 31:
        raise ScheduleError(name, value, "give a whole number")
    return value


def _weekday(name: str, value: object) -> int:
    number = _number(name, value)
    if number > 6:
        raise ScheduleError(name, value, "weekdays are 0 (Monday) to 6")
    return number


def _time(name: str, value: object) -> str:
    try:
        at = time.fromisoformat(value) if isinstance(value, str) and len(value) <= 32 else cast("time", value)
    except ValueError:
        at = None
    if not isinstance(at, time) or at.tzinfo is not None:
        raise ScheduleError(name, value, "give a time of the day without a zone, such as time(9, 30)")
    return at.isoformat()


def _between(value: object, start: object, end: object) -> bool:
    low, high, at = str(start), str(end), str(value)
    return low <= at <= high if low <= high else at >= low or at <= high


def _day(month: int | str, day: int | str) -> str:
    return f"{month:02}-{day:02}"


_Kind = Callable[[str, object], "int | str"]
_KINDS: dict[str, tuple[_Kind, ...]] = {
    "on_date": (_number, _number),
    "between_dates": (_number, _number, _number, _number),
    "at_time": (_time,),
    "between_times": (_time, _time),
    "is_day_of_week": (_weekday,),
    "is_weekday": (),
    "is_weekend": (),
    "is_month_start": (),
    "is_month_end": (),
}
_RULES: dict[str, Callable[[datetime, tuple[int | str, ...]], bool]] = {
    "on_date": lambda at, values: (at.month, at.day) == values,
    "between_dates": lambda at, values: _between(_day(at.month, at.day), _day(*values[:2]), _day(*values[2:])),
    "at_time": lambda at, values: at.time().isoformat() == values[0],
    "between_times": lambda at, values: _between(at.time().isoformat(), *values),
    "is_day_of_week": lambda at, values: at.weekday() == values[0],
    "is_weekday": lambda at, _: at.weekday() < 5,
    "is_weekend": lambda at, _: at.weekday() >= 5,
    "is_month_start": lambda at, _: at.day == 1,
    "is_month_end": lambda at, _: (at + timedelta(days=1)).day == 1,
}
