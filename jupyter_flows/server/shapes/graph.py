"""The graph of a run, its timeline and the details of a box: the same values as the live graph of a notebook draws."""

from __future__ import annotations

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from jupyter_flows.server.shapes.shape import Css, Shape

Absent = SkipJsonSchema[None]  # of a field that is left out, never null
Count = tuple[Css, str, int]


class Look(Shape):
    """How a state looks: an icon, a colour for either theme, and whether it is filled or hatched."""

    light: str
    dark: str
    icon: str
    filled: bool
    hatched: bool


Looks = dict[str, Look]


class GraphNode(Shape):
    """A box with its place."""

    key: str
    x: float
    y: float
    w: float
    h: float
    kind: str
    css: Css
    dashed: bool
    state: str
    title: str
    name: str
    words: str
    more: str
    counts: list[Count]
    pace: tuple[float, bool] | None = Field(description="how far along twice the usual time; whether it is slow")
    opens: bool | Absent = Field(default=None, description="whether there is more inside that can be unfolded")
    open: bool | Absent = Field(default=None, description="whether it is unfolded")
    inset: float | Absent = Field(default=None, description="where its words begin, where it is unfolded")


class GraphEdge(Shape):
    """A curve from one box to another."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    d: str
    calls: bool
    live: bool
    turned: bool


class GraphHeader(Shape):
    """The line above a graph."""

    title: str
    subtitle: str
    css: Css
    state: str
    alert: str
    time: str
    counts: list[Count]


class Graph(Shape):
    """A graph with a place for everything."""

    run: str = Field(description="id of the run")
    opened: list[str] | Absent = Field(default=None, description="keys of the boxes that are unfolded")
    hidden: int | Absent = Field(default=None, description="how many boxes `*` would unfold; 0 where it cannot")
    final: bool
    width: float
    height: float
    header: GraphHeader | None
    notice: str
    cause: str
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    looks: Looks


class RunLine(Shape):
    """A task run in a box's list."""

    number: int
    label: str
    css: Css
    state: str
    words: str
    time: str


class Place(Shape):
    """Where a failure happened; `count` is that of a cell of the page's own kernel, else 0."""

    words: str
    line: int
    code: str
    count: int


class CauseGroup(Shape):
    """Failures of one cause."""

    cause: str
    place: Place | None
    count: int
    numbers: list[int]
    labels: list[str]


class Details(Shape):
    """What is known of one box or one task run; which fields are there depends on which it is."""

    key: str | Absent = None
    gone: bool | Absent = None
    number: int | Absent = None
    label: str | Absent = None
    css: Css | Absent = None
    state: str | Absent = None
    words: str | Absent = None
    time: str | Absent = None
    title: str | Absent = None
    tries: int | Absent = None
    states: list[tuple[str, str]] | Absent = None
    error: str | Absent = None
    place: Place | None = None
    traceback: list[tuple[bool, list[str]]] | Absent = None
    inputs: list[tuple[str, str]] | Absent = None
    value: str | Absent = None
    usual: str | Absent = None
    flows: list[tuple[str, str, str, str]] | Absent = None
    log: list[str] | Absent = None
    total: int | Absent = None
    page: int | Absent = None
    runs: list[RunLine] | Absent = None
    tiles: list[tuple[int, str, str]] | Absent = None
    causes: list[CauseGroup] | Absent = None
    looks: Looks | Absent = None


class EdgeWords(Shape):
    """What flows along an edge, in words."""

    words: str


class Bar(Shape):
    """A piece of a timeline's row; places are shares of the whole, from 0 to 1."""

    css: Css
    start: float = Field(alias="from")
    end: float = Field(alias="to")
    hatched: bool
    waits: bool
    title: str
    mark: str


class TimelineRow(Shape):
    """One box on the clock."""

    key: str
    label: str
    more: str
    slow: bool
    usual: float | None
    bars: list[Bar]


class Timeline(Shape):
    """A run on a clock."""

    rows: list[TimelineRow]
    ticks: list[tuple[float, str]]
    now: float | None
    sentence: str
    notice: str
    looks: Looks


class GridRun(Shape):
    """A column of a grid."""

    id: str
    serial: int
    title: str
    state: str
    css: Css
    created_at: str
    seconds: float | None
    parameters: str = Field(description="in a few words; plain text")


class GridCell(Shape):
    """How a task did in one run; of a map or several calls, all of them together."""

    css: Css
    state: str
    seconds: float | None
    number: int = Field(description="of its first task run, or of the first that failed")
    count: int
    failed: int


class GridRow(Shape):
    """A task in each of the runs; null where it did not take part."""

    task: str
    label: str
    cells: list[GridCell | None]


class Grid(Shape):
    """The last runs of a flow, oldest first, and how each task did in them."""

    flow: str
    runs: list[GridRun]
    rows: list[GridRow]
    usual_seconds: float | None
    looks: Looks
    notice: str = Field(description="what is left out, if anything")


__all__ = [
    "Bar",
    "CauseGroup",
    "Count",
    "Details",
    "EdgeWords",
    "Graph",
    "GraphEdge",
    "GraphHeader",
    "GraphNode",
    "Grid",
    "GridCell",
    "GridRow",
    "GridRun",
    "Look",
    "Looks",
    "Place",
    "RunLine",
    "Timeline",
    "TimelineRow",
]
