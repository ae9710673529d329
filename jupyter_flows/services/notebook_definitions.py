"""Which names the cells of a notebook define, told from its file: nothing is run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jupyter_flows.cells.defining import Statement, candidates, defining, statements_of
from jupyter_flows.notebooks.cell_source import cell_python
from jupyter_flows.notebooks.document import is_executed, read_notebook


@dataclass(frozen=True)
class NotebookDefinitions:
    """The code cells of a notebook, for finding flows in them.

    Parameters
    ----------
    cells
        Place among all cells, from 1, and source.
    """

    path: Path
    cells: tuple[tuple[int, str], ...]

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of every cell that is Python."""
        return statements_of([cell_python(source) for _, source in self.cells])

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """Names that may be flows."""
        return candidates(self.statements)

    def defining(self, name: str) -> tuple[Statement, ...]:
        """Return the statements that a name takes to be defined; none where nothing binds it."""
        return defining(self.statements, name)

    def variables_of(self, flow: str) -> tuple[str, ...]:
        """Return the variables that may hold a flow of that name, the likeliest first."""
        alike = [name for name in self.candidates if name.replace("_", "-") == flow]
        named = [name for name in self.candidates if name not in alike and self._mentions(name, flow)]
        return (*alike, *named)

    def _mentions(self, name: str, flow: str) -> bool:
        bound = (one.node for one in self.statements if name in one.binds)
        nodes = (node for statement in bound for node in ast.walk(statement))
        return any(isinstance(node, ast.Constant) and node.value == flow for node in nodes)


def read_definitions(path: Path) -> NotebookDefinitions:
    """Read the code cells of a notebook.

    Raises
    ------
    NotebookNotFound, NotANotebook
    """
    cells = enumerate(read_notebook(path)["cells"], 1)
    found = tuple((number, cell["source"]) for number, cell in cells if is_executed(cell))
    return NotebookDefinitions(path.absolute(), found)


__all__ = ["NotebookDefinitions", "read_definitions"]
