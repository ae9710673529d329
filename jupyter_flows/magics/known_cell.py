"""A cell of the notebook, as far as its kernel has seen it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.cell_graph import Cell
from jupyter_flows.cells.digest import source_digest
from jupyter_flows.cells.names import CellNames
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.staleness import Digests, LastRun
from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.magics.cell_program import CellProgram
from jupyter_flows.magics.request import Request
from jupyter_flows.model.states import State
from jupyter_flows.notebooks.cell_source import cell_python

if TYPE_CHECKING:
    from jupyter_flows.authoring.task import Task


@dataclass
class KnownCell:
    """A cell that was run at least once since the extension was loaded.

    Parameters
    ----------
    id
        What tells it apart: the front end's id, else its name as a task, else its text.
    text
        As its author wrote it.
    body
        Its code, with its lines in ``text``; None for a plain cell until somebody asks.
    line
        What it asks for as a task; None for a plain cell.
    name
        Its name as a task.
    request
        The request that ran it last.
    task, program
        What running it calls; None for a plain cell, and for one that only defines functions.
    last, state
        How it ran last; without a state it is under way.
    run_id, number
        The flow run in which it ran last, and its task run there.
    count
        Its execution count.
    is_away
        Whether it runs on behalf of another cell than itself, or beside the cells.
    is_forced
        Whether it is to run although it is fresh.
    is_rerun
        Whether its outputs take the place of those that are there.
    isolation
        Where it runs this time.
    before
        What it depended on when it began.
    """

    id: str
    text: str
    body: CellSource | None = None
    line: TaskLine | None = None
    name: str = ""
    request: Request = field(default_factory=Request)
    task: Task[Any, Any] | None = None
    program: CellProgram | None = None
    last: LastRun | None = None
    state: State | None = None
    run_id: str = ""
    number: int = 0
    count: int = 0
    is_away: bool = False
    is_forced: bool = False
    is_rerun: bool = False
    isolation: str = "shared"
    before: Digests | None = None
    started_at: float | None = None
    ended_at: float | None = None

    @cached_property
    def names(self) -> CellNames:
        """What it does with names."""
        return analyse(self.source, cell_python)

    @cached_property
    def source(self) -> CellSource:
        """Its code."""
        return self.body if self.body is not None else cell_python(self.text)

    @cached_property
    def digest(self) -> str:
        """Of its code, without comments and layout."""
        return source_digest(self.source)

    @property
    def is_task(self) -> bool:
        """Whether running it is a task."""
        return self.task is not None

    @property
    def is_cached(self) -> bool:
        """Whether what it gives is kept, and found again."""
        return self.line is not None and self.line.cache_seconds is not None

    def as_cell(self, number: int) -> Cell:
        """The cell, as its edges need to know it."""
        return Cell(self.id, number, self.names, self.line, self.name)
