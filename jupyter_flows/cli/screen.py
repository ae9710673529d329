"""Where commands print: calm colours on a terminal, plain aligned text in a pipe, JSON when asked."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from jupyter_flows.cli.escaping import escaped, shortened
from jupyter_flows.cli.looks import icon, state_style
from jupyter_flows.model.states import State
from jupyter_flows.secrets.resolved import redact, redact_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_GAP = "  "


class Cell(NamedTuple):
    """One field of a table or line; ``style`` is rich's, and matters on a terminal only."""

    text: str
    style: str = ""


class Screen:
    """One output stream.

    Parameters
    ----------
    stream
        Where to print; this process's standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._console: Console | None = None

    @property
    def stream(self) -> TextIO:
        """Where this prints."""
        return self._stream or sys.stdout

    @property
    def is_terminal(self) -> bool:
        """Whether a person is looking at a terminal: a `!` of a cell has one too, but no page moves its cursor."""
        in_cell = "JPY_PARENT_PID" in os.environ  # which Jupyter gives its kernels, and those their children
        return self.stream.isatty() and os.environ.get("TERM") != "dumb" and not in_cell

    @property
    def console(self) -> Console:
        """Rich's console on this stream; imported with its first use."""
        if self._console is None:
            from rich.console import Console

            self._console = Console(file=self.stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        return self._console

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return shutil.get_terminal_size().columns

    def line(self, *cells: str | Cell) -> None:
        """Print one line; what stands in it cannot make it two."""
        if self.is_terminal:
            self.console.print(self.text(*cells))
        else:
            print("".join(part.text for part in _safe(cells)).rstrip(), file=self.stream)

    def text(self, *cells: str | Cell) -> Text:
        """The same line as rich has it, for what is drawn again and again."""
        from rich.text import Text

        line = Text()
        for part in _safe(cells):
            line.append(part.text.expandtabs(), style=part.style or None)
        return line

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Print rows with aligned columns; on a terminal the last column gives way to its width."""
        for line in self.table_lines(heads, rows):
            self.line(*line)

    def table_lines(self, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
        """The lines that `table` prints."""
        grid = [[Cell(escaped(cell.text).expandtabs(), cell.style) for cell in row] for row in rows]
        used = [place for place in range(len(heads)) if any(row[place].text for row in grid)]
        widths = {place: max(_columns(text) for text in _column(heads, grid, place)) for place in used}
        if self.is_terminal and used:
            before = sum(widths[place] + len(_GAP) for place in used[:-1])
            widths[used[-1]] = max(8, min(widths[used[-1]], self.width - before))
        first = [Cell(head, "dim") for head in heads]
        return [self._row(row, used, widths) for row in [first, *grid]]

    def _row(self, row: Sequence[Cell], used: Sequence[int], widths: dict[int, int]) -> list[Cell]:
        cells: list[Cell] = []
        for place in used:
            text = shortened(row[place].text, widths[place]) if self.is_terminal else row[place].text
            padding = "" if place == used[-1] else " " * (widths[place] - _columns(text)) + _GAP
            cells += [Cell(text, row[place].style), Cell(padding)]
        return cells

    def json(self, value: Any) -> None:
        """Print a value as JSON; ASCII only, so that nothing in it can act on a terminal."""
        print(json.dumps(redact_json(value), indent=2), file=self.stream)

    def state(self, state: State) -> Cell:
        """A state's icon and word (the word alone in a pipe)."""
        return Cell(self.state_word(state.name, state), state_style(state))

    def state_word(self, word: str, state: State) -> str:
        """A word about a state with its icon."""
        return f"{icon(state.name, state.kind)} {word}" if self.draws_icons else word

    @property
    def draws_icons(self) -> bool:
        """Whether icons are drawn: on a terminal that knows them."""
        return self.is_terminal and (getattr(self.stream, "encoding", "") or "").lower().startswith("utf")


def _safe(cells: Sequence[str | Cell]) -> list[Cell]:
    parts = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
    return [Cell(escaped(redact(part.text)), part.style) for part in parts]


def _column(heads: Sequence[str], grid: Sequence[Sequence[Cell]], place: int) -> list[str]:
    return [heads[place], *(row[place].text for row in grid)]


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)
