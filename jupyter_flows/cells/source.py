"""A cell's source as Python, and where each of its lines came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellSource:
    """A cell as Python, with the lines that its author sees.

    Parameters
    ----------
    python
        The cell's code without IPython's own syntax (magics, ``!commands``, ``name?``), as IPython would run it.
    lines
        Line of the cell, from 1, for each line of ``python``; empty where the two agree.
    """

    python: str
    lines: tuple[int, ...] = ()

    def line(self, number: int) -> int:
        """The line of the cell that a line of ``python`` came from, both from 1."""
        if not self.lines or number < 1:
            return number
        return self.lines[min(number, len(self.lines)) - 1]

    def shifted(self, by: int) -> CellSource:
        """The same code, in a cell whose first ``by`` lines come before it."""
        count = self.python.count("\n") + 1
        return CellSource(self.python, tuple(self.line(number) + by for number in range(1, count + 1)))


# Brings what a user typed into Python. IPython's own transformation is an adapter of this shape: it is heavy to import.
ToPython = Callable[[str], CellSource]


def as_written(text: str) -> CellSource:
    """Take a cell for Python as it stands."""
    return CellSource(text)
