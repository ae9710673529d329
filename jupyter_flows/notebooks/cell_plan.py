"""What is known of a notebook's cells before it runs: which are tasks, what joins them, what each will be sent as."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jupyter_flows.cells.ambient import ambient_code
from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.cell_graph import Cell, CellGraph, EdgeKind
from jupyter_flows.cells.digest import source_digest
from jupyter_flows.cells.edges import infer_edges
from jupyter_flows.cells.header import METADATA_KEY, TASK_TAG, TaskCell, header_of, misplaced_header, task_cell
from jupyter_flows.cells.names import CellNames
from jupyter_flows.cells.naming import task_name
from jupyter_flows.cells.said_names import check_outputs
from jupyter_flows.cells.source import CellSource
from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.cells.task_names import names_given, names_needed
from jupyter_flows.errors import BadOption, DefinitionError, NotebookError
from jupyter_flows.notebooks.cell_source import cell_python
from jupyter_flows.notebooks.document import CodeCell, Document, is_executed
from jupyter_flows.notebooks.nbformat4 import tags_of

_OF_COPIES = ("state", "message")


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell of a notebook with tasks.

    Parameters
    ----------
    index
        Its position among all cells of the source document, from 0.
    id
        Its own, as the document has it.
    text
        As its author wrote it.
    body
        Its code as Python, with its lines in ``text``.
    line
        What it asks for as a task; None for a plain cell.
    name
        Its name as a task; empty for a plain cell.
    sent
        What the kernel gets: every line where its author sees it.
    """

    index: int
    id: str
    text: str
    body: CellSource
    line: TaskLine | None = None
    name: str = ""
    sent: str = ""

    @property
    def number(self) -> int:
        """Its position as people count."""
        return self.index + 1

    @property
    def is_task(self) -> bool:
        """Whether running it is a task."""
        return bool(self.name)

    @property
    def digest(self) -> str:
        """Of what its code does."""
        return source_digest(self.body)

    @property
    def ambient(self) -> str:
        """Its imports and plain definitions, each on its own line."""
        return ambient_code(self.body)


@dataclass(frozen=True, slots=True)
class CellPlan:
    """The cells of a notebook that will be executed, in order.

    Parameters
    ----------
    cells
        By their position in the source document; empty for a notebook without tasks, which nothing needs to be known
        of.
    graph
        What joins them.
    misplaced
        What to tell of cells that look like tasks and are none.
    """

    cells: Mapping[int, PlannedCell] = field(default_factory=dict[int, PlannedCell])
    graph: CellGraph = field(default_factory=lambda: CellGraph(()))
    misplaced: tuple[str, ...] = ()

    @property
    def tasks(self) -> tuple[PlannedCell, ...]:
        """The cells that are tasks."""
        return tuple(cell for cell in self.cells.values() if cell.is_task)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be told of a notebook that runs headless."""
        said = "--isolation process copies its inputs: a headless run is a process of its own already"
        apart = [cell for cell in self.tasks if self.isolation(cell.index) == "process"]
        return (*self.misplaced, *(f"cell {cell.number} ({cell.name}): {said}" for cell in apart))

    def isolation(self, index: int) -> str:
        """Where a task asks to run; empty where it does not say."""
        line = self.cells[index].line
        return "" if line is None else line.isolation

    def named(self, cells: Iterable[CodeCell]) -> tuple[CodeCell, ...]:
        """Cells with the names of tasks as their labels."""
        names = {cell.index: cell.name for cell in self.tasks}
        return tuple(replace(cell, label=names.get(cell.index, cell.label)) for cell in cells)

    def index_of(self, cell_id: str) -> int:
        """The position of a cell."""
        return next(index for index, cell in self.cells.items() if cell.id == cell_id)

    def upstreams(self, index: int) -> tuple[int, ...]:
        """Positions of the tasks that a task comes after."""
        return tuple(self.index_of(cell_id) for cell_id in self.graph.upstreams(self.cells[index].id))

    def comes_after(self, index: int) -> dict[int, bool]:
        """Positions of all cells that a cell comes after, and whether it is only their order that counts."""
        links = (link for link in self.graph.links if link.after == self.cells[index].id)
        return {self.index_of(link.before): all(why.kind is EdgeKind.ORDER for why in link.whys) for link in links}

    def last_tasks(self, after: int | None, before: int) -> list[int]:
        """Positions of the tasks between two cells on which no other of them depends."""
        between = [cell.index for cell in self.tasks if (-1 if after is None else after) < cell.index < before]
        followed = {upstream for index in between for upstream in self.upstreams(index)}
        return [index for index in between if index not in followed]

    def to_keep(self, index: int) -> tuple[str, ...]:
        """Names that a later cell takes from a task: all that it gives, where a later cell hides what it reads."""
        cell = self.cells[index]
        if any(self.is_hidden(later) for later in self.cells if later > index):
            return self.graph.outputs.get(cell.id, ())
        return self.graph.read_later(cell.id)

    def needs(self, index: int) -> tuple[str, ...]:
        """The names that a task needs."""
        return names_needed(self.cells[index].line, self._names(index))

    def gives(self, index: int) -> tuple[str, ...]:
        """The names that a task gives."""
        return names_given(self.cells[index].line, self._names(index))

    def _names(self, index: int) -> CellNames:
        wanted = self.cells[index].id
        return next(cell.names for cell in self.graph.cells if cell.id == wanted)

    def is_hidden(self, index: int) -> bool:
        """Whether it cannot be told what a cell reads."""
        wanted = self.cells[index].id
        return any(unknown.reaches for cell in self.graph.cells if cell.id == wanted for unknown in cell.names.unknown)

    def takes(self, index: int) -> dict[int, set[str]]:
        """Which names a cell takes directly from which earlier cells, by their positions."""
        taken: dict[int, set[str]] = {}
        for link in self.graph.links:
            if link.after == self.cells[index].id:
                names = {why.name for why in link.whys if why.kind in (EdgeKind.DATA, EdgeKind.MUTATION)}
                if names:
                    taken[self.index_of(link.before)] = names
        return taken


def plan_cells(document: Document) -> CellPlan:
    """Find a notebook's tasks and what joins its cells; nothing is run.

    Raises
    ------
    NotebookError
        The options of a task cell are wrong; the message says which cell, which option, and what is wanted.
    """
    cells = [(index, cell) for index, cell in enumerate(document.node["cells"]) if is_executed(cell)]
    if document.language != "python":
        return CellPlan()
    misplaced = tuple(_misplaced(cells))
    if not any(_may_be_task(cell) for _, cell in cells):
        return CellPlan(misplaced=misplaced)
    planned: dict[int, PlannedCell] = {}
    known: list[Cell] = []
    for index, cell in cells:
        text = cell["source"]
        try:
            written = task_cell(text, _options_of(cell))
        except DefinitionError as error:
            raise NotebookError(f"{document.path.name}: cell {index + 1}: {error}") from None
        body = cell_python(text) if written is None else _body(written)
        names = analyse(body, cell_python)
        line = None if written is None else written.line
        name = ""
        if written is not None and not names.functions_only:
            name = written.line.name or task_name(names, cell["id"][:8], {one.name for one in planned.values()})
        sent = text if written is None or not name else _sent(text, written)
        planned[index] = PlannedCell(index, cell["id"], text, body, line, name, sent)
        known.append(Cell(cell["id"], index + 1, names, line, name))
    _refuse_twins(document, planned)
    graph = infer_edges(known)
    _refuse_names_of_nothing(document, graph)
    return CellPlan(planned, graph, misplaced)


def digest_of_cell(cell: Mapping[str, Any]) -> str:
    """What a cell of any notebook does, as `PlannedCell.digest` tells it."""
    try:
        written = task_cell(cell["source"], _options_of(cell))
    except DefinitionError:
        written = None
    return source_digest(cell_python(cell["source"]) if written is None else _body(written))


def _options_of(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell's metadata without what an executed copy keeps beside its options."""
    metadata: dict[str, Any] = dict(cell["metadata"])
    options = metadata.get(METADATA_KEY)
    if isinstance(options, dict):
        metadata[METADATA_KEY] = {name: value for name, value in options.items() if name not in _OF_COPIES}
    return metadata


def _may_be_task(cell: Mapping[str, Any]) -> bool:
    return header_of(cell["source"]) is not None or TASK_TAG in tags_of(cell)


def _misplaced(cells: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[str]:
    for index, cell in cells:
        line = misplaced_header(cell["source"])
        if line is not None:
            yield f"cell {index + 1} is no task: its `%%` line is line {line}; make it the first one"


def _body(written: TaskCell) -> CellSource:
    body = cell_python(written.body)
    return body.shifted(written.lines_before) if written.lines_before else body


def _sent(text: str, written: TaskCell) -> str:
    """A task cell as a plain one: its first line becomes a comment, so that tracebacks show the author's lines."""
    if not written.lines_before:
        return text
    if written.body.lstrip().startswith("%%"):  # another magic, which must come first
        return written.body.lstrip("\n")
    lines = text.splitlines(keepends=True)
    header = written.lines_before - 1
    return "".join([*lines[:header], "# ", *lines[header:]])


def _refuse_names_of_nothing(document: Document, graph: CellGraph) -> None:
    for bad in graph.bad_afters:
        error = BadOption("%%task", "--after", bad.task, bad.why)
        raise NotebookError(f"{document.path.name}: cell {bad.reader.number}: {error}")
    for cell in graph.cells:
        try:
            check_outputs(cell, graph.cells)
        except BadOption as error:
            raise NotebookError(f"{document.path.name}: cell {cell.number}: {error}") from None


def _refuse_twins(document: Document, planned: Mapping[int, PlannedCell]) -> None:
    seen: dict[str, int] = {}
    for cell in planned.values():
        if cell.name and cell.name in seen:
            where = f"cells {seen[cell.name]} and {cell.number}"
            raise NotebookError(f"{document.path.name}: {where} are both the task {cell.name!r}; rename one")
        seen[cell.name] = cell.number


__all__ = ["CellPlan", "PlannedCell", "digest_of_cell", "plan_cells"]
