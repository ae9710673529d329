"""`jupyter flows watch`."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from jupyter_flows.cli.called_otherwise import unknown
from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.keys import pressed_key, single_keys
from jupyter_flows.cli.overview_as_json import overview_json
from jupyter_flows.cli.overview_lines import overview_lines
from jupyter_flows.cli.reading import opened_rows
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.store.called import EVERYBODY, Whose, called

if TYPE_CHECKING:
    from rich.console import Group

    from jupyter_flows.model.overview import Overview
    from jupyter_flows.services.overviews import Overviews
    from jupyter_flows.store.named_rows import Rows
    from jupyter_flows.store.ongoing_runs import ChangeMark

_LOOK = 0.5  # seconds between two looks at whether something was written; a key is felt at once
_MOVES = 1.0  # seconds after which the times of what runs are drawn anew
_OWNERS = 5.0  # seconds after which it is looked whether the processes of open runs still live
_IDLE = 60.0  # seconds after which everything is read again all the same
_QUIT = frozenset({"q", "Q", "\x1b", "\x04"})


def watch(options: Namespace, screen: Screen) -> int:
    """Show what runs, waits and has ended lately, as it changes; once, where nobody looks at a terminal."""
    from jupyter_flows.services.overviews import Overviews
    from jupyter_flows.store.ongoing_runs import change_mark

    with opened_rows() as store:
        overviews = Overviews(store, _whose(store, options.flow))
        if options.json:
            screen.json(overview_json(overviews.read(time.time())))
        elif not screen.is_terminal or not sys.stdin.isatty() or options.once:
            _print_once(overviews.read(time.time()), screen)
        else:
            with change_mark(store) as mark, _terminated_cleanly():
                _follow(overviews, mark, screen)
    return GOOD


def _whose(store: Rows, name: str | None) -> Whose:
    if name is None:
        return EVERYBODY
    found = called(store, name)
    if not found.is_known:  # it may be about to run for the first time
        print(f"jupyter flows: note: {escaped(unknown(found))}", file=sys.stderr)
    return found.only


def _print_once(overview: Overview, screen: Screen) -> None:
    for line in overview_lines(overview, screen, overview.at):
        screen.line(*line)


def _follow(overviews: Overviews, mark: ChangeMark, screen: Screen) -> None:
    from rich.live import Live

    picture = _Picture(overviews, mark, screen)
    try:
        # What rich would put in the place of standard output does not say that it draws icons.
        live = Live(
            console=screen.console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        with single_keys(), live:
            while True:
                if (drawn := picture.newer(time.time())) is not None:
                    live.update(drawn, refresh=True)
                if pressed_key(_LOOK) in _QUIT:
                    return
    except KeyboardInterrupt:
        return


class _Picture:
    """What is on the screen, and when it must be drawn anew: nothing is read while nothing was written."""

    def __init__(self, overviews: Overviews, mark: ChangeMark, screen: Screen) -> None:
        self._overviews, self._mark, self._screen = overviews, mark, screen
        self._overview: Overview | None = None
        self._version, self._drawn_at, self._size = -1, 0.0, (0, 0)

    def newer(self, now: float) -> Group | None:
        """Return the picture where it differs from the one before."""
        version, size = self._mark.read(), shutil.get_terminal_size()
        known = self._overview
        if known is None or version != self._version or now - known.at >= (_OWNERS if _is_open(known) else _IDLE):
            known = self._overview = self._overviews.read(now)
        elif size == self._size and not (_moves(known) and now - self._drawn_at >= _MOVES):
            return None
        self._version, self._drawn_at, self._size = version, now, size
        return self._drawn(known, now)

    def _drawn(self, overview: Overview, now: float) -> Group:
        from rich.console import Group

        width, height = self._size
        lines = overview_lines(overview, self._screen, now, height - 1)
        head, quits = lines[0], "q quits"
        room = width - sum(len(cell.text) for cell in head) - len(quits) - 1
        drawn = [self._screen.text(*line) for line in [[*head, Cell(" " * max(2, room) + quits, "dim")], *lines[1:]]]
        for line in drawn:
            line.truncate(width, overflow="ellipsis")
        return Group(*drawn[: height - 1])


def _is_open(overview: Overview) -> bool:
    return bool(overview.running or overview.waiting)


def _moves(overview: Overview) -> bool:
    return bool(overview.running or overview.waiting or overview.ticks)


@contextmanager
def _terminated_cleanly() -> Iterator[None]:
    """Give the terminal back also when the process is told to end."""

    def leave(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


__all__ = ["watch"]
