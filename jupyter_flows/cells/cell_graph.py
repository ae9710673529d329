"""The cells of a notebook and what joins them, each edge with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jupyter_flows.cells.names import CellNames, Use
from jupyter_flows.cells.task_line import TaskLine


class EdgeKind(StrEnum):
    """Why one cell comes after another."""

    DATA = "data"  # it reads what the other bound
    MUTATION = "mutation"  # it reads what the other changed in place
    ORDER = "order"  # it binds or changes anew what the other still uses; falls away where each has a copy of its own
    UNKNOWN = "unknown"  # it cannot be told what it reads, or where a name comes from
    EXPLICIT = "explicit"  # `--after`


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, as far as its edges need to know it.

    Parameters
    ----------
    id
        What tells it from the other cells of the notebook.
    number
        Its position, for people, from 1.
    names
        Its analysis, with lines of the cell as its author sees it.
    line
        What it asks for as a task; None for a plain cell.
    name
        Its name as a task.
    """

    id: str
    number: int
    names: CellNames
    line: TaskLine | None = None
    name: str = ""

    @property
    def is_task(self) -> bool:
        """Whether running it is a task; a cell that only defines tasks is plain."""
        return self.line is not None and not self.names.functions_only

    @property
    def label(self) -> str:
        """What people call it."""
        return f"`{self.name}`" if self.is_task and self.name else f"cell {self.number}"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a cell."""

    cell: str
    label: str
    number: int
    line: int

    def __str__(self) -> str:
        spot = f"line {self.line}" if self.label == f"cell {self.number}" else f"cell {self.number}, line {self.line}"
        return f"{self.label} ({spot})"


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why a cell comes after another.

    Parameters
    ----------
    kind
        What sort of reason.
    name
        The name in question; for an explicit edge the other task's name, for an unknown one what hides it.
    reader
        Where the later cell needs, binds or changes it.
    binder
        Where the earlier cell binds, changes or uses it.
    maybe
        Whether the earlier cell binds it on some ways through it only.
    inside
        The function through which it is read; for a name that nobody is seen to bind, what may bind it.
    via
        Between tasks that are joined through plain cells: the reasons of those, from the later to the earlier; the
        first few where there are many.
    """

    kind: EdgeKind
    name: str
    reader: Place
    binder: Place
    maybe: bool = False
    inside: str = ""
    via: tuple[Why, ...] = ()

    def __str__(self) -> str:
        chain = "".join(f"; {why}" for why in self.via)
        return f"{self._words()}{chain}"

    def _words(self) -> str:
        through = f" through `{self.inside}`" if self.inside else ""
        perhaps = " perhaps" if self.maybe else ""
        match self.kind:
            case EdgeKind.DATA:
                return f"{self.reader} reads `{self.name}`{through}, which {self.binder}{perhaps} binds"
            case EdgeKind.MUTATION:
                return f"{self.reader} reads `{self.name}`{through}, which {self.binder} changes in place"
            case EdgeKind.ORDER:
                return f"{self.reader} binds or changes `{self.name}`, which {self.binder} uses before"
            case EdgeKind.UNKNOWN if self.inside:
                return f"{self.reader} reads `{self.name}`, which {self.binder} may bind (`{self.inside}`)"
            case EdgeKind.UNKNOWN:
                return f"{self.reader} may read anything (`{self.name}`), so it waits for {self.binder.label}"
            case EdgeKind.EXPLICIT:
                return f"{self.reader.label} is to run after {self.binder.label}"


@dataclass(frozen=True, slots=True)
class Edge:
    """One cell comes after another; between tasks, or directly between cells of any sort.

    Parameters
    ----------
    before, after
        Ids of the cells.
    whys
        Every reason, at least one.
    """

    before: str
    after: str
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Ambient:
    """A cell uses an import or a plain definition of another: no edge, but it must have been made by then."""

    name: str
    reader: Place
    binder: Place


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that a cell needs and no earlier cell binds.

    Parameters
    ----------
    use
        Where it is needed.
    reader
        The same place in the notebook.
    later
        A later cell that binds it: whether the notebook works then hangs on the order in which its cells were run.
    deleted
        The earlier cell that deletes it.
    """

    use: Use
    reader: Place
    later: Place | None = None
    deleted: Place | None = None


@dataclass(frozen=True, slots=True)
class Rebinding:
    """Two tasks that bind one name."""

    name: str
    first: Place
    second: Place


@dataclass(frozen=True, slots=True)
class BadAfter:
    """An `--after` that leads nowhere."""

    reader: Place
    task: str
    why: str


@dataclass(frozen=True, slots=True)
class CellGraph:
    """What joins the cells of a notebook; everything in the order of the cells.

    Parameters
    ----------
    cells
        The cells.
    edges
        Between tasks, also those that are joined by plain cells.
    links
        Direct ones, between cells of any sort: a plain cell must wait for its tasks too.
    ambient, missing, rebindings, bad_afters
        What was met on the way.
    inputs, outputs
        Cell to the names whose values it takes from earlier cells, and to those that it gives: bound or changed, by
        itself or by functions that it calls, and as its options have it. Imports and plain definitions are neither.
    """

    cells: tuple[Cell, ...]
    edges: tuple[Edge, ...] = ()
    links: tuple[Edge, ...] = ()
    ambient: tuple[Ambient, ...] = ()
    missing: tuple[Missing, ...] = ()
    rebindings: tuple[Rebinding, ...] = ()
    bad_afters: tuple[BadAfter, ...] = ()
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def read_later(self, cell: str) -> tuple[str, ...]:
        """Those of a cell's outputs that a later cell takes: what must be kept to go on without running it again."""
        given = (EdgeKind.DATA, EdgeKind.MUTATION)
        taken = {why.name for link in self.links if link.before == cell for why in link.whys if why.kind in given}
        return tuple(name for name in self.outputs.get(cell, ()) if name in taken)

    def upstreams(self, cell: str) -> tuple[str, ...]:
        """Ids of the tasks that a task comes after."""
        return tuple(edge.before for edge in self.edges if edge.after == cell)
