"""Names of tasks that were not given one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count

from jupyter_flows.cells.names import CellNames


def task_name(names: CellNames, cell_id: str, taken: Collection[str] = ()) -> str:
    """Derive a task's name: its first output, else what it changes first, else the cell's id.

    Parameters
    ----------
    taken
        Names of other tasks; a name among them gets a number.
    """
    outputs = [binding.name for binding in names.outputs if not binding.name.startswith("_")]
    changes = [mutation.name for mutation in names.mutates]
    start = next(iter([*outputs, *changes]), "") or f"cell-{cell_id}"
    return next(name for name in _numbered(start) if name not in taken)


def _numbered(start: str) -> Iterator[str]:
    yield start
    yield from (f"{start}-{number}" for number in count(2))
