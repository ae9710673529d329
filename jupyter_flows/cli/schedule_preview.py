"""What a schedule means, shown before it is saved: in words, as its next times, with what a change of clocks does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules import Clock, Schedule, daylight_warnings, describe, resolve_parameters

_CATCHUP = {
    "latest": "of missed times the latest runs",
    "all": "missed times all run",
    "none": "missed times do not run",
}
_OVERLAP = {
    "queue": "a run waits for the one before it",
    "skip": "a time is skipped while a run goes on",
    "allow": "runs may overlap",
    "cancel": "a new run cancels the one before it",
}
_SHOWN = "%a %d %b %Y %H:%M"
_MOST_WARNINGS = 4


@dataclass(frozen=True, slots=True)
class NextTime:
    """A tick that is to come, and what its run would be given.

    Parameters
    ----------
    at
        In the schedule's zone.
    parameters
        Those with templates, filled for this tick.
    """

    at: datetime
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Preview:
    """A schedule as people read it.

    Parameters
    ----------
    words
        What it says.
    times
        Its next times; fewer than asked for where it ends.
    warnings
        A sentence for each change of the clocks that touches it.
    """

    words: str
    times: tuple[NextTime, ...]
    warnings: tuple[str, ...]


def preview(clocks: Sequence[Clock], parameters: Mapping[str, Any], now: datetime, number: int = 10) -> Preview:
    """Reckon what clocks mean together; equal instants count once.

    Raises
    ------
    ScheduleError
        They have no time left, or a template asks for what there is not.
    """
    source: Schedule | Clock = clocks[0] if len(clocks) == 1 else Schedule(clocks)
    words = describe(source)
    ticks = source.next_ticks(number, after=now)
    if not ticks:
        raise ScheduleError("schedule", words, "it has no time that is still to come")
    previous = source.previous(before=ticks[0].at)
    times: list[NextTime] = []
    for tick in ticks:
        given = _templates({**parameters, **tick.parameters})
        zone = str(tick.at.tzinfo)
        filled = resolve_parameters(given, tick=tick.at, previous_tick=previous, timezone=zone)
        times.append(NextTime(tick.at, filled))
        previous = tick.at
    return Preview(words, tuple(times), daylight_warnings(source, after=now))


def print_preview(screen: Screen, shown: Preview, catchup: str, overlap: str) -> None:
    """Print a preview for people."""
    screen.line(Cell(shown.words, "bold"))
    screen.line(Cell(f"{_CATCHUP[catchup]}; {_OVERLAP[overlap]}", "dim"))
    screen.line()
    screen.table(*_table(shown.times))
    for warning in shown.warnings[:_MOST_WARNINGS]:
        screen.line(Cell("note: ", "yellow"), warning)
    if len(shown.warnings) > _MOST_WARNINGS:
        screen.line(Cell("note: ", "yellow"), f"and {len(shown.warnings) - _MOST_WARNINGS} more such days")


def preview_json(shown: Preview) -> dict[str, Any]:
    """A preview as JSON."""
    return {
        "description": shown.words,
        "next": [
            {"at": one.at.isoformat(), "utc": one.at.astimezone(UTC).isoformat(), "parameters": dict(one.parameters)}
            for one in shown.times
        ],
        "warnings": list(shown.warnings),
    }


def _table(times: Sequence[NextTime]) -> tuple[list[str], list[list[Cell]]]:
    zones = list(dict.fromkeys(str(one.at.tzinfo) for one in times))
    in_utc, known = zones == ["UTC"], _shown_already(times)
    form = _SHOWN + (":%S" if any(one.at.second for one in times) else "")
    rows: list[list[Cell]] = []
    for one in times:  # the table leaves a column out that is empty in each row
        utc = "" if in_utc else one.at.astimezone(UTC).strftime(form)
        here = "" if known else one.at.astimezone().strftime(form)
        given = ", ".join(f"{name}={value}" for name, value in one.parameters.items())
        rows.append([Cell(one.at.strftime(form)), Cell(utc, "dim"), Cell(here, "dim"), Cell(given, "dim")])
    return [zones[0] if len(zones) == 1 else "LOCAL", "UTC", "HERE", "WITH"], rows


def _shown_already(times: Sequence[NextTime]) -> bool:
    """Whether this machine's clock shows what the schedule's zone or UTC shows anyway."""
    here = [one.at.astimezone().replace(tzinfo=None) for one in times]
    return here in (
        [one.at.replace(tzinfo=None) for one in times],
        [one.at.astimezone(UTC).replace(tzinfo=None) for one in times],
    )


def _templates(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if _has_brace(value)}


def _has_brace(value: object) -> bool:
    if isinstance(value, str):
        return "{" in value
    if isinstance(value, Mapping):
        return any(map(_has_brace, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_brace, value))


__all__ = ["NextTime", "Preview", "preview", "preview_json", "print_preview"]
