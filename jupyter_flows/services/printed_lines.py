"""Whole lines out of what a cell prints piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jupyter_flows.notebooks.terminal_text import without_escapes

_LONGEST = 10_000
_MOST = 10_000
_ENOUGH = "[more was printed than a log is for; the executed notebook has all of it, or says where it is]"


class PrintedLines:
    """Puts pieces of text together to lines, each stream for itself.

    What a progress bar rewrites with carriage returns is one line, as it was last seen; colours are left out.

    Parameters
    ----------
    most
        How many lines are given between one `finish` and the next; whoever prints a million is not read line by line.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = self._left = most
        self._rest: dict[str, str] = {}

    def add(self, stream: str, text: str) -> Iterator[str]:
        """Take a piece; give the lines that are whole now, without those that show nothing."""
        if self._left <= 0:
            return
        text = self._rest.get(stream, "") + text
        end = text.rfind("\n") + 1
        rest = text[end:]
        rest = rest.rpartition("\r")[2] if rest[:-1].count("\r") else rest  # a bar may run for hours
        too_long = len(rest) > _LONGEST
        self._rest[stream] = "" if too_long else rest
        yield from self._some(_lines(text, end))
        if too_long and self._left > 0:
            yield from self._some([rest])

    def finish(self) -> Iterator[str]:
        """Give what no line feed ended, and begin anew."""
        rest, self._rest = self._rest, {}
        if self._left > 0:
            yield from self._some(rest.values())
        self._left = self._most

    def _some(self, lines: Iterable[str]) -> Iterator[str]:
        for line in _shown(lines):
            yield line
            self._left -= 1
            if self._left == 0:
                yield _ENOUGH
                return


def _lines(text: str, end: int) -> Iterator[str]:
    """One line after the other: of millions only the first are asked for."""
    start = 0
    while start < end:
        stop = text.index("\n", start)
        yield text[start:stop]
        start = stop + 1


def _shown(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        plain = without_escapes(line.rstrip("\r").rpartition("\r")[2]).rstrip()
        if plain:
            yield plain
