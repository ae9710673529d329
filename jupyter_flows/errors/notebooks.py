"""Notebooks that cannot be run, or did not end well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_flows.errors.base import JupyterFlowsError

if TYPE_CHECKING:
    from jupyter_flows.model.events import Outcome

__all__ = [
    "CellFailed",
    "CellSignalled",
    "KernelDied",
    "KernelNotFound",
    "NotANotebook",
    "NotebookError",
    "NotebookNotFound",
]


class NotebookError(JupyterFlowsError):
    """A notebook cannot be run, or did not end well."""


class NotebookNotFound(NotebookError, FileNotFoundError):
    """No file of that name."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"there is no notebook {path}")

    def __str__(self) -> str:
        return str(self.args[0])


class NotANotebook(NotebookError, ValueError):
    """A file that is not a notebook that can be run."""

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path} is not a notebook that can be run: {why}")


class KernelNotFound(NotebookError):
    """No kernel of that name is installed."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        listed = ", ".join(known) or "none"
        super().__init__(f"there is no kernel {name!r} here; installed: {listed}; choose one with --kernel NAME")


class CellFailed(NotebookError):
    """A cell raised.

    Parameters
    ----------
    cell
        Position among all cells of the notebook, from 1.
    label
        The first line of the cell's source.
    error_name, error_value
        The exception as the kernel told it.
    traceback
        The kernel's traceback as text, with its ANSI colours removed.
    """

    def __init__(self, cell: int, label: str, error_name: str, error_value: str, traceback: str = "") -> None:
        self.cell, self.label = cell, label
        self.error_name, self.error_value, self.traceback = error_name, error_value, traceback
        super().__init__(f"cell {cell} ({label}): {error_name}: {error_value}")


class CellSignalled(CellFailed):
    """A task cell chose its end by raising a signal that is no good end, such as `Failed` or `Paused`.

    Parameters
    ----------
    outcome
        What that means.
    """

    def __init__(
        self, cell: int, label: str, error_name: str, error_value: str, traceback: str, outcome: Outcome
    ) -> None:
        super().__init__(cell, label, error_name, error_value, traceback)
        self.outcome = outcome

    def __reduce__(self) -> tuple[type[CellFailed], tuple[int, str, str, str, str]]:
        # What a signal carries need not be picklable, and what it meant is known by then.
        return CellFailed, (self.cell, self.label, self.error_name, self.error_value, self.traceback)


class KernelDied(NotebookError):
    """The kernel process ended before its notebook did."""

    def __init__(self, cell: int | None, why: str = "") -> None:
        self.cell, self.why = cell, why
        where = f" in cell {cell}" if cell is not None else ""
        super().__init__(f"the kernel died{where}{': ' + why if why else ''}")
