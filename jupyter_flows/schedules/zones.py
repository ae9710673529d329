"""Time zones by name, and instants from what a user wrote."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo

from jupyter_flows.errors import ScheduleError

__all__ = ["FIRST_INSTANT", "LAST_INSTANT", "as_instant", "as_local", "zone_of"]

# Far enough from Python's own limits that an offset or a search of some years never passes them.
FIRST_INSTANT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(9900, 1, 1, tzinfo=UTC)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_OF_THIS_MACHINE = {"localtime", "posixrules", "Factory"}  # files beside the zones that name no zone


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo | None:
    if len(name) > 64 or not _NAME.fullmatch(name) or name in _OF_THIS_MACHINE:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):  # OSError: the name of a folder of zones
        return None


def zone_of(name: object, field: str = "timezone") -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises
    ------
    ScheduleError
        For anything else; it names the nearest known zone.
    """
    zone = _zone(name) if isinstance(name, str) else None
    if zone is None:
        raise ScheduleError(field, name, f"there is no such time zone; {_advice(name)}")
    return zone


def _advice(name: object) -> str:
    if not isinstance(name, str) or len(name) > 64:
        return "give an IANA name, such as 'Europe/Rome' or 'UTC'"
    known = {zone.lower(): zone for zone in zoneinfo.available_timezones()}
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    return f"did you mean {known[near[0]]!r}?" if near else "give an IANA name, such as 'Europe/Rome' or 'UTC'"


def as_local(value: object, zone: ZoneInfo, field: str) -> datetime:
    """Return a datetime, date or ISO text as naive wall-clock time of the zone.

    What carries an offset is converted; what does not is wall-clock time already; a date is its midnight.
    """
    if isinstance(value, str) and len(value) <= 64 and value.isascii():
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ScheduleError(field, value, "write it as 2027-03-28 or 2027-03-28T02:30:00") from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ScheduleError(field, value, "give a datetime, a date or its ISO text")
    if not FIRST_INSTANT.year <= value.year <= LAST_INSTANT.year:
        raise ScheduleError(field, value, f"the year must be {FIRST_INSTANT.year} to {LAST_INSTANT.year}")
    return value if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None)


def as_instant(value: object, zone: ZoneInfo, field: str) -> datetime:
    """Return a datetime, date or ISO text as an instant in UTC; without an offset it is wall-clock time of the zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        as_local(
            value, zone, field
        )  # for its checks: the way over the wall clock would lose the second pass of an hour
        instant = value.astimezone(UTC)
    elif isinstance(value, str) and len(value) <= 64 and value.isascii() and (known := _with_offset(value)):
        return as_instant(known, zone, field)
    else:
        instant = as_local(value, zone, field).replace(tzinfo=zone).astimezone(UTC)
    if not FIRST_INSTANT <= instant <= LAST_INSTANT:
        raise ScheduleError(field, value, f"the year must be {FIRST_INSTANT.year} to {LAST_INSTANT.year - 1}")
    return instant


def _with_offset(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo is not None else None
