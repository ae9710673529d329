"""Which names a task cell needs and gives, as its options have it."""

from __future__ import annotations

from jupyter_flows.cells.names import CellNames
from jupyter_flows.cells.task_line import TaskLine


def names_needed(line: TaskLine | None, names: CellNames) -> tuple[str, ...]:
    """The names that a task cell needs: what it reads, also through its functions' bodies."""
    if line is not None and line.inputs is not None:
        return line.inputs
    ignored = line.ignore if line is not None else ()
    return tuple(dict.fromkeys(use.name for use in names.reads if use.name not in ignored))


def names_given(line: TaskLine | None, names: CellNames) -> tuple[str, ...]:
    """The names that a task cell gives: what it binds or changes."""
    mutates = (*(each.name for each in names.mutates), *(line.mutates if line else ()))
    if line is not None and line.outputs is not None:
        return tuple(dict.fromkeys([*line.outputs, *line.mutates]))
    bound = () if line is not None and not line.infer else (each.name for each in names.outputs)
    return tuple(dict.fromkeys([*bound, *mutates]))


__all__ = ["names_given", "names_needed"]
