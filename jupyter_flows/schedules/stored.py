"""Schedules as JSON text, for the store; what is read back is checked as what a user writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, cast

from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules.adjustments import Adjustment, add, next_weekday
from jupyter_flows.schedules.clock import Clock
from jupyter_flows.schedules.combined import Schedule
from jupyter_flows.schedules.cron import CronSchedule
from jupyter_flows.schedules.dates import DatesSchedule
from jupyter_flows.schedules.filters import Filter, make_filter
from jupyter_flows.schedules.interval import IntervalSchedule
from jupyter_flows.schedules.rrule import RRuleSchedule
from jupyter_flows.schedules.tick_source import TickSource

__all__ = ["from_json", "to_json"]

LONGEST = 8_000_000  # characters: a hundred thousand dates and their parameters
_KINDS: dict[str, type[Clock]] = {
    "cron": CronSchedule,
    "interval": IntervalSchedule,
    "rrule": RRuleSchedule,
    "dates": DatesSchedule,
}
_OWN = {
    "cron": ("cron",),
    "interval": ("interval", "anchor_date"),
    "rrule": ("rrule", "dtstart"),
    "dates": ("dates",),
}
_SHARED = ("timezone", "start", "end", "jitter", "parameters")
_FILTERS = ("filters", "or_filters", "not_filters")


def to_json(source: TickSource) -> str:
    """Return a schedule as JSON text that `from_json` reads back; equal schedules give equal text.

    Raises
    ------
    ScheduleError
        For a filter that is a function of the user's own: its code cannot be stored.
    """
    return json.dumps(_told(source), sort_keys=True, separators=(",", ":"))


def _told(source: TickSource) -> dict[str, Any]:
    if isinstance(source, Schedule):
        told: dict[str, Any] = {"kind": "schedule", "clocks": [_told(clock) for clock in source.clocks]}
        for name in _FILTERS:
            told[name] = [_told_filter(name, item) for item in getattr(source, name)]
        told["adjustments"] = [[item.name, item.interval.total_seconds()] for item in source.adjustments]
        return told
    kind = next((kind for kind, made in _KINDS.items() if type(source) is made), None)
    if kind is None:
        raise ScheduleError("schedule", type(source).__name__, "only the schedules of this package can be stored")
    return {"kind": kind, **{name: _plain(getattr(source, name)) for name in (*_OWN[kind], *_SHARED)}}


def _told_filter(field: str, item: object) -> list[object]:
    if not isinstance(item, Filter):
        raise ScheduleError(field, item, "a function cannot be stored; use those of jupyter_flows.schedules.filters")
    return [item.name, *item.values]


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[Any, ...]", value)]
    return value.isoformat() if hasattr(value, "isoformat") else value


def from_json(text: str) -> Schedule | Clock:
    """Return the schedule of a text that `to_json` wrote.

    Raises
    ------
    ScheduleError
        For any other text.
    """
    if not isinstance(text, str) or len(text) > LONGEST:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ScheduleError("schedule", text, f"give JSON text of at most {LONGEST} characters")
    try:
        told: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScheduleError("schedule", text, f"it is not JSON: {error}") from None
    return _read(told)


def _read(told: object) -> Schedule | Clock:
    if not isinstance(told, dict):
        raise ScheduleError("schedule", told, "give a JSON object")
    fields = cast("dict[str, Any]", told)
    return _read_combined(fields) if fields.get("kind") == "schedule" else _read_clock(fields)


def _read_clock(fields: dict[str, Any]) -> Clock:
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ScheduleError("kind", kind, f"the kinds are {', '.join(_KINDS)} and schedule")
    given = {name: value for name, value in fields.items() if name != "kind"}
    _check_names(given, (*_OWN[kind], *_SHARED))
    if "jitter" in given:
        given["jitter"] = _seconds(given["jitter"], "jitter")
    if missing := _OWN[kind][0] not in given:
        raise ScheduleError(_OWN[kind][0], missing, "it is missing")
    return _KINDS[kind](**given)


def _read_combined(fields: dict[str, Any]) -> Schedule:
    given = {name: value for name, value in fields.items() if name != "kind"}
    _check_names(given, ("clocks", *_FILTERS, "adjustments"))
    readers: dict[str, Callable[[Any], Any]] = {
        "clocks": _read_clock_of,
        "adjustments": _read_adjustment,
        **dict.fromkeys(_FILTERS, _read_filter),
    }
    made = {name: tuple(readers[name](item) for item in _items(name, value)) for name, value in given.items()}
    return Schedule(**{"clocks": (), **made})


def _check_names(given: Iterable[str], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise ScheduleError("schedule", name, f"there is no such field; there are {', '.join(known)}")


def _items(name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ScheduleError(name, value, "give a list")
    return cast("list[Any]", value)


def _read_clock_of(told: object) -> Clock:
    if not isinstance(told, dict):
        raise ScheduleError("clocks", told, "give JSON objects")
    return _read_clock(cast("dict[str, Any]", told))


def _read_filter(told: object) -> Filter:
    items = _items("filters", told)
    return make_filter(items[0] if items else None, tuple(items[1:]))


def _read_adjustment(told: object) -> Adjustment:
    items = _items("adjustments", told)
    if items[:1] == ["next_weekday"]:
        return next_weekday
    if items[:1] == ["add"] and len(items) == 2:
        return add(_seconds(items[1], "adjustments"))
    raise ScheduleError("adjustments", told, "the adjustments are next_weekday and add")


def _seconds(value: object, field: str) -> timedelta:
    try:
        return timedelta(seconds=cast("float", value))
    except (TypeError, ValueError, OverflowError):
        raise ScheduleError(field, value, "give seconds") from None
