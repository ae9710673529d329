"""Schedules as a table: when each runs next, by which policies, and in words."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import coming
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.deployments import Deployment, StoredSchedule
from jupyter_flows.schedules import describe, from_json

_NOTHING = Cell("")
_Listed = tuple[StoredSchedule, Deployment, list[datetime]]


def print_schedules(screen: Screen, listed: list[_Listed]) -> None:
    """Print schedules, each with its next times, in this machine's time and in UTC where that differs."""
    now = time.time()
    several = {of for of, number in Counter(of.id for _, of, _ in listed).items() if number > 1}
    heads = ("DEPLOYMENT", "SCHEDULE", "NEXT", "UTC", "MISSED", "OVERLAP", "SAYS")
    rows = [row for each in listed for row in _rows(*each, each[1].id in several, now)]
    screen.table(heads, rows)


def _rows(
    schedule: StoredSchedule, deployment: Deployment, following: list[datetime], named: bool, now: float
) -> list[list[Cell]]:
    definition = schedule.definition
    when = [_when(at, now, any(one.second for one in following)) for at in following] or [
        [Cell(_why_not(schedule, deployment), "dim"), _NOTHING]
    ]
    head = [Cell(first_line(deployment.definition.name, 32), "bold")]
    head.append(Cell(first_line(definition.name, 24) if named else ""))
    words = first_line(describe(from_json(definition.source)))
    tail = [Cell(definition.catchup, "dim"), Cell(definition.overlap, "dim"), Cell(words)]
    return [[*head, *when[0], *tail], *([_NOTHING, _NOTHING, *more, *[_NOTHING] * 3] for more in when[1:])]


def _when(at: datetime, now: float, seconds: bool) -> list[Cell]:
    here = at.astimezone()
    return [Cell(coming(here, now, seconds=seconds)), Cell(_utc(here, seconds), "dim")]


def _utc(here: datetime, seconds: bool) -> str:
    """The instant in UTC where that differs: its time, with the date where that is another one."""
    if not here.utcoffset():
        return ""
    utc = here.astimezone(UTC)
    return utc.strftime(f"{'' if utc.date() == here.date() else '%d %b '}%H:%M{':%S' if seconds else ''}")


def _why_not(schedule: StoredSchedule, deployment: Deployment) -> str:
    return "paused" if schedule.definition.paused or deployment.paused else "over"


__all__ = ["print_schedules"]
