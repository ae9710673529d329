"""Whole lines out of what a cell prints piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_flows.notebooks.terminal_text import without_escapes

_LONGEST = 10_000


class PrintedLines:
    """Puts pieces of text together to lines, each stream for itself.

    What a progress bar rewrites with carriage returns is one line, as it was last seen; colours are left out.
    """

    def __init__(self) -> None:
        self._rest: dict[str, str] = {}

    def add(self, stream: str, text: str) -> Iterator[str]:
        """Take a piece; give the lines that are whole now, without those that show nothing."""
        *whole, rest = (self._rest.get(stream, "") + text).split("\n")
        rest = rest.rpartition("\r")[2] if rest[:-1].count("\r") else rest  # a bar may run for hours
        if len(rest) > _LONGEST:
            whole.append(rest)
            rest = ""
        self._rest[stream] = rest
        yield from _shown(whole)

    def finish(self) -> Iterator[str]:
        """Give what no line feed ended, and begin anew."""
        rest, self._rest = self._rest, {}
        yield from _shown(list(rest.values()))


def _shown(lines: list[str]) -> Iterator[str]:
    for line in lines:
        plain = without_escapes(line.rstrip("\r").rpartition("\r")[2]).rstrip()
        if plain:
            yield plain
