"""Instants and durations, read from what people type and written for people and programs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DAYS = {"today": 0, "yesterday": 1}
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def iso(at: float | None) -> str | None:
    """An instant (seconds since the epoch) as ISO 8601 with the local offset."""
    return None if at is None else datetime.fromtimestamp(at, UTC).astimezone().isoformat(timespec="milliseconds")


def local(at: float | None, now: float) -> str:
    """An instant in local time, as short as is still clear: the time today, else with its date."""
    if at is None:
        return ""
    then, today = (datetime.fromtimestamp(when, UTC).astimezone() for when in (at, now))
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    return f"{then:%d %b %H:%M}" if then.year == today.year else f"{then:%Y-%m-%d %H:%M}"


def coming(at: datetime, now: float, *, seconds: bool = False) -> str:
    """An instant on the clock of its zone: ``Mon 23 Nov 09:00``, with its year where that is not this one."""
    year = "" if at.year == datetime.fromtimestamp(now, UTC).astimezone().year else " %Y"
    return at.strftime(f"%a %d %b{year} %H:%M{':%S' if seconds else ''}")


def instant(text: str, now: float) -> float:
    """Read ``30m``, ``1d`` (so long ago), ``today``, ``yesterday``, an ISO date or time; seconds since the epoch.

    Raises
    ------
    ValueError
        Saying what would be understood.
    """
    if match := _AGO.fullmatch(text.strip()):
        return now - float(match[1]) * _UNITS[match[2]]
    if (word := text.strip().lower()) in _DAYS:
        then = datetime.fromtimestamp(now, UTC).astimezone().date() - timedelta(days=_DAYS[word])
        return datetime(then.year, then.month, then.day).astimezone().timestamp()
    try:
        return datetime.fromisoformat(text.strip()).astimezone().timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time; give 30m, 12h, 1d, 2w, yesterday or a date like 2026-01-31") from None
