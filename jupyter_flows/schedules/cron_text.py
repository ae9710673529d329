"""The strict reader of cron expressions: five fields, each expanded to an explicit list of numbers.

What cron programs and libraries read in different ways is refused with a word on what to write instead, so that an
expression means the same here as it does in any crontab.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_flows.errors import ScheduleError

__all__ = ["CronFields", "read_cron"]

LONGEST = 1_000  # characters; all numbers of all fields written out are under 500
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_LONGEST_MONTH = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
_ITEM = re.compile(r"(?P<first>\*|[0-9]{1,2}|[a-z]{3})(?:-(?P<last>[0-9]{1,2}|[a-z]{3}))?(?:/(?P<step>[0-9]{1,3}))?")

_KEYWORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class CronFields:
    """What a cron expression says, each field as ascending numbers.

    Parameters
    ----------
    minutes, hours, days, months
        0 to 59, 0 to 23, 1 to 31, 1 to 12.
    weekdays
        0 (Sunday) to 6.
    wildcard
        Whether the minute or hour begins with ``*``: such times follow elapsed time when the clocks change.
    either_day
        Whether a day fits when its date *or* its weekday does: where neither field begins with ``*``.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    wildcard: bool
    either_day: bool

    @property
    def every_date(self) -> bool:
        """Whether the day of the month is left open."""
        return len(self.days) == 31

    @property
    def every_weekday(self) -> bool:
        """Whether the day of the week is left open."""
        return len(self.weekdays) == 7

    @property
    def has_a_day(self) -> bool:
        """Whether any day fits: every date that exists falls on every weekday in some year."""
        return self.either_day or any(self.days[0] <= _LONGEST_MONTH[month] for month in self.months)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        if text.isdigit():
            return int(text) if self.low <= int(text) <= self.high else None
        return self.names.index(text) + self.low if text in self.names else None


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS)),
    _Field("day of week", 0, 7, tuple(_WEEKDAYS)),
)


def read_cron(cron: object) -> CronFields:
    """Read a cron expression: five fields of ASCII text, or one of the keywords such as ``@daily``.

    Raises
    ------
    ScheduleError
        Naming the field, and what to write instead.
    """
    if not isinstance(cron, str):
        raise ScheduleError("cron", cron, "give text of five fields, such as '0 9 * * 1-5'")
    if len(cron) > LONGEST:
        raise ScheduleError("cron", cron, f"it is longer than {LONGEST} characters")
    if not cron.isascii() or not cron.replace("\t", " ").isprintable():
        raise ScheduleError("cron", cron, "only ASCII letters, digits, '*', '/', ',', '-' and blanks can be in it")
    words = _words(cron)
    lists = [_expand(cron, field, text) for field, text in zip(_FIELDS, words, strict=True)]
    minutes, hours, days, months, weekdays = lists
    fields = CronFields(
        minutes,
        hours,
        days,
        months,
        tuple(sorted({number % 7 for number in weekdays})),  # 0 and 7 are both Sunday
        wildcard=words[0].startswith("*") or words[1].startswith("*"),
        either_day=not words[2].startswith("*") and not words[4].startswith("*"),
    )
    if not fields.has_a_day:
        raise ScheduleError("cron", cron, f"it never fires: no such month has a day {words[2]}")
    return fields


def _words(cron: str) -> list[str]:
    words = cron.lower().split()
    if len(words) == 1 and words[0].startswith("@"):
        if words[0] not in _KEYWORDS:
            raise ScheduleError("cron", cron, f"the keywords are {', '.join(_KEYWORDS)}")
        return _KEYWORDS[words[0]].split()
    if len(words) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        extra = "; for seconds use an interval" if len(words) > len(_FIELDS) else ""
        raise ScheduleError("cron", cron, f"it has {len(words)} fields and must have five: {names}{extra}")
    return words


def _expand(cron: str, field: _Field, text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({number for item in text.split(",") for number in _item(field, item)}))
    except ValueError as error:
        raise ScheduleError("cron", cron, f"{field.name} {_short(text)}: {error}") from None


def _item(field: _Field, text: str) -> range:
    found = _ITEM.fullmatch(text)
    if not found:
        raise ValueError(f"{_short(text)} is none of *, */n, a, a-b, a-b/n{_hint(text)}")
    first, last, step = found["first"], found["last"], found["step"]
    if first == "*" and last:
        raise ValueError("a range needs two numbers")
    if step and first != "*" and not last:
        raise ValueError(f"programs read {text} differently; write the range: {first}-{field.high}/{step}")
    low, high = (field.low, field.high) if first == "*" else _ends(field, first, last or first)
    if first == "*" and field.high == 7:
        high = 6  # else */2 would count the two Sundays apart
    return range(low, high + 1, _step(step, high - low + 1, everything=first == "*"))


def _ends(field: _Field, first: str, last: str) -> tuple[int, int]:
    ends: list[int] = []
    for text in (first, last):
        number = field.number(text)
        if number is None:
            names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
            raise ValueError(f"{text} is not {field.low} to {field.high}{names}")
        ends.append(number)
    low, high = ends
    if low > high:
        raise ValueError(f"the range {first}-{last} runs backwards; write its two parts, separated by a comma")
    return low, high


def _step(text: str | None, size: int, *, everything: bool) -> int:
    step = int(text or 1)
    if step == 0:
        raise ValueError("a step of 0 never moves")
    if step > size and everything:
        raise ValueError(f"a step of {step} is more than the {size} values of the field; use an interval for it")
    return step


def _hint(text: str) -> str:
    if text in {"r", "h"} or text.startswith(("r(", "h(", "h/", "r/")):
        return "; nothing is drawn by chance here, the option jitter spreads the load"
    if text in {"l", "?"} or "#" in text or text.endswith(("l", "w")):
        return "; for the last or the nth weekday of a month use RRuleSchedule"
    return ""


def _short(text: str) -> str:
    return repr(text) if len(text) <= 30 else f"{text[:30]!r}…"
