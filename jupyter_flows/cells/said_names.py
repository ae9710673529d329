"""Names on a task's line that name nothing: a slip of the pen would silently cost an edge, or a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jupyter_flows.cells.cell_graph import Cell
from jupyter_flows.errors import BadOption
from jupyter_flows.errors.wording import near

_MAGIC = "%%task"


def check_after(cell: Cell, tasks: Sequence[str]) -> None:
    """Refuse an ``--after`` that names no task.

    Parameters
    ----------
    tasks
        The names of the other tasks.

    Raises
    ------
    BadOption
        Naming the nearest one.
    """
    for name in cell.line.after if cell.line is not None else ():
        if name not in tasks:
            raise BadOption(_MAGIC, "--after", name, why_no_task(cell, name, tasks))


def why_no_task(cell: Cell, name: str, tasks: Sequence[str]) -> str:
    """Say why a name is that of no task which a cell could come after."""
    if name == cell.name:
        return "it is the task itself"
    hint = near(name, tasks, f"there are: {', '.join(tasks) or 'none'}", most=1)
    return f"there is no earlier task of that name; {hint}"


def check_outputs(cell: Cell, others: Iterable[Cell]) -> None:
    """Refuse an ``--out`` with a name that the cell cannot give.

    A name that it binds or only touches is taken: a call may change its value in place. So is one that a function of
    the notebook binds, and any where it cannot be told what the cell binds.

    Parameters
    ----------
    others
        The notebook's other cells.

    Raises
    ------
    BadOption
        Naming the nearest name that it binds.
    """
    names, outputs = cell.names, cell.line.outputs if cell.line is not None else None
    if not outputs or names.unknown or names.problem is not None:
        return
    bound = [binding.name for binding in names.binds]
    touched = {use.name for use in (*names.reads, *names.mutates, *names.suspects)}
    by_functions = {
        use.name for each in (cell, *others) for definition in each.names.definitions for use in definition.binds
    }
    for name in outputs:
        if name not in {*bound, *touched, *by_functions}:
            hint = near(name, bound, "bind it, or take it out of --out", most=1)
            raise BadOption(_MAGIC, "--out", name, f"the cell never binds it; {hint}")


__all__ = ["check_after", "check_outputs", "why_no_task"]
