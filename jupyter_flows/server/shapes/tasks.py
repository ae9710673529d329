"""Task runs, their logs, and why a run failed."""

from __future__ import annotations

from pydantic import Field

from jupyter_flows.server.shapes.graph import CauseGroup
from jupyter_flows.server.shapes.runs import CountedState, Run, StateShape
from jupyter_flows.server.shapes.shape import Css, Instant, Parameters, Shape


class TaskRun(Shape):
    """One execution of a task or cell."""

    id: str
    name: str
    task: str
    kind: str
    number: int
    state: StateShape
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    duration_seconds: float | None
    attempts: int
    upstreams: list[int]
    map_index: int | None
    map_id: int | None
    parent: int | None
    tags: list[str]


class TaskRow(TaskRun):
    """A task run as a table shows it."""

    label: str = Field(description="what people call it: `score[7]`, `cell 3`; plain text")
    css: Css
    words: str = Field(description="one line of useful words; plain text, may be empty")


class TaskPage(Shape):
    """Some task runs of a run."""

    tasks: list[TaskRow]
    total: int = Field(description="how many fit the filters")
    next_offset: int | None
    counts: list[CountedState] = Field(description="of all task runs of the run")


class LogEntry(Shape):
    """A log record, or a line that was printed."""

    id: int
    at: Instant
    level: str
    logger: str
    number: int = Field(description="of the task run; 0 for the run itself")
    task: str = Field(description="what people call the task run; empty for the run itself")
    message: str


class LogPage(Shape):
    """Some lines, oldest first."""

    lines: list[LogEntry]
    next: int = Field(description="give it as `after` for what comes next; it is the last line looked at")
    more: bool = Field(description="whether there is more already; where not, ask again later")


class Error(Shape):
    """What was raised."""

    type: str
    message: str


class FailingLine(Shape):
    """The user's line that failed."""

    words: str
    line: int
    code: str


class Waiting(Shape):
    """Why a run has not begun."""

    reason: str
    explanation: str
    advice: str | None
    runs: list[str]


class Why(Shape):
    """Why a run ended as it did, or where it stands."""

    run: Run
    explanation: str = Field(description="one sentence or line, for every run")
    task: TaskRun | None
    error: Error | None
    inputs: Parameters
    place: FailingLine | None
    cell: int | None = Field(description="number of the cell (as its task run) that failed, in a notebook run")
    traceback: list[tuple[bool, list[str]]] = Field(description="frames: whether it is the machinery's, and its lines")
    cells: list[TaskRun]
    path: list[str] = Field(description="ids of the runs from this one down to the one that failed")
    consequences: list[TaskRun]
    waiting: list[Waiting]
    causes: list[CauseGroup] = Field(description="all first-hand failures, grouped; the most frequent first")


__all__ = [
    "Error",
    "FailingLine",
    "LogEntry",
    "LogPage",
    "TaskPage",
    "TaskRow",
    "TaskRun",
    "Waiting",
    "Why",
]
