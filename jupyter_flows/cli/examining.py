"""`jupyter flows doctor`."""

from __future__ import annotations

from argparse import Namespace
from textwrap import wrap

from jupyter_flows.cli.exits import GOOD, TROUBLE
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.services.health.examination import examine
from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding

_MARKS = {OK: ("✓ ", "green"), WARN: ("! ", "yellow"), FAIL: ("✗ ", "bold red")}
_WORD, _ABOUT = 6, 13


def doctor(options: Namespace, screen: Screen) -> int:
    """Look at the installation, the store and the surroundings; the exit status is 3 where something does not work."""
    looks = examine(starts_kernels=not options.quick)
    if options.json:
        found = list(looks)
        screen.json({"worst": _worst(found), "findings": [_as_json(one) for one in found]})
        return TROUBLE if _worst(found) == FAIL else GOOD
    found: list[Finding] = []
    for one in looks:  # each as soon as it is known: a kernel takes its time
        found.append(one)
        _print(one, screen)
    counts = {level: sum(one.level == level for one in found) for level in (OK, WARN, FAIL)}
    screen.line("")
    screen.line(f"{counts[OK]} ok, {counts[WARN]} to look at, {counts[FAIL]} not working")
    return TROUBLE if counts[FAIL] else GOOD


def _print(one: Finding, screen: Screen) -> None:
    mark, style = _MARKS[one.level]
    word = f"{mark if screen.draws_icons else ''}{one.level:<{_WORD}}"
    head = (Cell(word, style), Cell(f"{one.about:<{_ABOUT}} ", "bold"))
    room = sum(len(cell.text) for cell in head)
    for place, line in enumerate(_wrapped(one.said, room, screen)):
        screen.line(*(head if place == 0 else (" " * room,)), line)
    arrow = "→ " if screen.draws_icons else "do: "
    for place, line in enumerate(_wrapped(one.advice, room + len(arrow), screen) if one.advice else ()):
        screen.line(" " * room, Cell(arrow if place == 0 else " " * len(arrow), "dim"), Cell(line, "dim"))


def _wrapped(text: str, room: int, screen: Screen) -> list[str]:
    """A text as lines that fit a terminal; in a pipe it stays one line, for tools that look through lines."""
    if not screen.is_terminal:
        return [text]
    return wrap(text, max(20, screen.width - room - 1), break_on_hyphens=False) or [""]


def _worst(found: list[Finding]) -> str:
    return max((one.level for one in found), key=(OK, WARN, FAIL).index, default=OK)


def _as_json(one: Finding) -> dict[str, str | None]:
    return {"level": one.level, "about": one.about, "found": one.said, "advice": one.advice or None}


__all__ = ["doctor"]
