"""Parameters that depend on the tick: `{tick:%Y-%m-%d}`, `{previous_tick}`, `{today}`, `{yesterday-7d}`.

A small reader of its own: `str.format` would let hostile text look into objects. `{{` and `}}` stand for braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.wall_clock import instants_of
from jupyter_flows.schedules.zones import zone_of

__all__ = ["check_templates", "resolve_parameters", "resolve_template"]

NAMES = ("tick", "previous_tick", "today", "yesterday")
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_PIECE = re.compile(r"\{\{|\}\}|\{|\}|[^{}]+")
_INSIDE = re.compile(r"([a-z_]{1,32})(?:([+-])([0-9]{1,7})([smhdw]))?(?::([^{}]*))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _offset(at: datetime) -> str:
    text = at.strftime("%z")
    return text or "+0000"


# Made here and not by strftime, whose answers depend on the machine's language and C library.
_DIRECTIVES: dict[str, Callable[[datetime], str]] = {
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "m": lambda at: f"{at.month:02}",
    "d": lambda at: f"{at.day:02}",
    "H": lambda at: f"{at.hour:02}",
    "I": lambda at: f"{(at.hour - 1) % 12 + 1:02}",
    "p": lambda at: "AM" if at.hour < 12 else "PM",
    "M": lambda at: f"{at.minute:02}",
    "S": lambda at: f"{at.second:02}",
    "f": lambda at: f"{at.microsecond:06}",
    "j": lambda at: f"{at.timetuple().tm_yday:03}",
    "a": lambda at: _DAYS[at.weekday()][:3],
    "A": lambda at: _DAYS[at.weekday()],
    "b": lambda at: _MONTHS[at.month - 1][:3],
    "B": lambda at: _MONTHS[at.month - 1],
    "u": lambda at: str(at.isoweekday()),
    "w": lambda at: str(at.isoweekday() % 7),
    "G": lambda at: f"{at.isocalendar().year:04}",
    "V": lambda at: f"{at.isocalendar().week:02}",
    "s": lambda at: str(int(at.timestamp())),
    "z": _offset,
    "Z": lambda at: at.tzname() or "",
    "F": lambda at: at.date().isoformat(),
    "T": lambda at: at.time().isoformat("seconds"),
    "%": lambda at: "%",
}


@dataclass(frozen=True, slots=True)
class _Placeholder:
    name: str
    amount: int
    unit: str
    form: str
    position: int  # of its opening brace, from 1


def check_templates(value: object, parameter: str) -> None:
    """Read every template in a parameter's value, so that a bad one is refused before it is stored.

    Raises
    ------
    ScheduleError
        Naming the parameter, the position, and what can be written.
    """
    for text in _texts(value):
        for _ in _read(text, parameter):
            pass


def resolve_parameters(
    parameters: Mapping[str, object], *, tick: datetime, previous_tick: datetime | None = None, timezone: str = "UTC"
) -> dict[str, object]:
    """Fill the templates in the texts of parameters, also inside lists and dicts.

    Parameters
    ----------
    parameters
        Names and JSON values; what is no text is left as it is.
    tick
        The run's own tick, aware.
    previous_tick
        The tick before it; None where there is none, and then a template that asks for it is refused.
    timezone
        The schedule's zone: dates and hours are told as its clocks show them.

    Raises
    ------
    ScheduleError
        Naming the parameter and the position in its text.
    """
    zone = zone_of(timezone)

    def fill(value: object, name: str) -> object:
        if isinstance(value, str):
            return "".join(_filled(value, name, tick, previous_tick, zone))
        if isinstance(value, list):
            return [fill(item, name) for item in cast("list[object]", value)]
        if isinstance(value, dict):
            return {key: fill(item, name) for key, item in cast("dict[str, object]", value).items()}
        return value

    return {name: fill(value, name) for name, value in parameters.items()}


def resolve_template(text: str, *, tick: datetime, previous_tick: datetime | None = None, timezone: str = "UTC") -> str:
    """Fill one template; the arguments are those of `resolve_parameters`."""
    return "".join(_filled(text, "template", tick, previous_tick, zone_of(timezone)))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in cast("dict[str, object]", value).values():
            yield from _texts(item)


def _read(text: str, parameter: str) -> Iterator[str | _Placeholder]:
    position = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        assert piece
        found = piece[0]
        if found == "}":
            raise _refusal(parameter, text, position, "a brace that was never opened; write }} for a brace itself")
        if found == "{":
            end = text.find("}", position)
            if end < 0:
                raise _refusal(parameter, text, position, "a brace that is never closed; write {{ for a brace itself")
            yield _placeholder(text, text[position + 1 : end], position, parameter)
            position = end + 1
        else:
            yield {"{{": "{", "}}": "}"}.get(found, found)
            position = piece.end()


def _placeholder(text: str, inside: str, position: int, parameter: str) -> _Placeholder:
    found = _INSIDE.fullmatch(inside)
    if not found or found[1] not in NAMES:
        known = ", ".join(f"{{{name}}}" for name in NAMES)
        why = f"there are {known}, with an offset such as {{tick-1d}} and a form such as {{tick:%Y-%m-%d}}"
        raise _refusal(parameter, text, position, f"{why}; write {{{{ for a brace itself")
    name, sign, amount, unit, form = found.groups()
    if name in {"today", "yesterday"} and unit in {"s", "m", "h"}:
        raise _refusal(parameter, text, position, f"{name} is a date: its offset is in days (d) or weeks (w)")
    for directive in re.findall("%(.?)", form or "", re.DOTALL):
        if directive not in _DIRECTIVES:
            listed = " ".join(f"%{known}" for known in _DIRECTIVES)
            raise _refusal(parameter, text, position, f"there is no %{directive}; there are {listed}")
    return _Placeholder(name, int(f"{sign or ''}{amount or 0}"), unit or "s", form or "", position + 1)


def _filled(text: str, parameter: str, tick: datetime, previous: datetime | None, zone: ZoneInfo) -> Iterator[str]:
    for piece in _read(text, parameter):
        if isinstance(piece, str):
            yield piece
            continue
        at = previous if piece.name == "previous_tick" else tick
        if at is None:
            raise _refusal(parameter, text, piece.position - 1, "the schedule has no tick before this one")
        try:
            yield _told(piece, at.astimezone(zone), zone)
        except (OverflowError, ValueError):
            raise _refusal(parameter, text, piece.position - 1, "the offset leads out of the calendar") from None


def _told(piece: _Placeholder, at: datetime, zone: ZoneInfo) -> str:
    is_date = piece.name in {"today", "yesterday"}
    if is_date:
        at = datetime.combine(at.date() - timedelta(days=piece.name == "yesterday"), time(), zone)
    at = _moved(at, timedelta(**{_UNITS[piece.unit]: piece.amount}), zone, elapsed=piece.unit in {"s", "m", "h"})
    if not piece.form:
        return at.date().isoformat() if is_date else at.isoformat()
    return re.sub("%(.)", lambda found: _DIRECTIVES[found[1]](at), piece.form)


def _moved(at: datetime, by: timedelta, zone: ZoneInfo, *, elapsed: bool) -> datetime:
    """Move an instant: by elapsed time, or by days that keep what the wall clock shows."""
    if not by:
        return at
    if elapsed:
        return (at.astimezone(UTC) + by).astimezone(zone)
    naive = at.replace(tzinfo=None) + by
    return next(
        (instant.astimezone(zone) for instant in instants_of(naive, zone, elapsed=False)), naive.replace(tzinfo=zone)
    )


def _refusal(parameter: str, text: str, position: int, why: str) -> ScheduleError:
    near = text[max(0, position - 10) : position + 40]
    return ScheduleError(f"parameters[{parameter[:60]!r}]", text, f"at character {position + 1}, near {near!r}: {why}")
