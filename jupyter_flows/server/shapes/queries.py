"""What may stand after the question mark of a URL."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jupyter_flows.server.bounds import LOG_LINES, PAGE
from jupyter_flows.server.shapes.shape import RunId, Shape

Text = Annotated[str, Field(max_length=1000)]
When = Annotated[str, Field(max_length=100, description="`1d` (so long ago), `yesterday`, or a date or time")]


class Nothing(Shape):
    """No parameter at all."""


class RunQuery(Shape):
    """Which runs; all that is given must fit."""

    flow: Text | None = None
    state: Annotated[str, Field(description="kind or name, several with commas: `failed,crashed`")] | None = Field(
        default=None, max_length=1000
    )
    tag: list[Text] = Field(default_factory=list, max_length=50, description="several: a run must have all of them")
    deployment: Text | None = Field(default=None, description="name or id")
    since: When | None = None
    until: When | None = None
    parent: RunId | None = Field(default=None, description="only runs that this one called")
    standalone: bool = Field(default=False, description="tasks called outside of any flow too")
    search: str | None = Field(
        default=None, max_length=200, description="words in the flow's or run's name, its tags, state or deployment"
    )
    limit: int = Field(default=50, ge=1, le=PAGE)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class OverviewQuery(Shape):
    """Which flow."""

    flow: Text | None = None


class GraphQuery(Shape):
    """How far a graph is unfolded."""

    open: list[Text] = Field(
        default_factory=list, max_length=200, description="keys of boxes; `*` for all that only folding made"
    )


class BoxQuery(Shape):
    """Which box of a graph."""

    key: Annotated[str, Field(max_length=1000)]
    all: bool = Field(default=False, description="whether the graph is drawn with `*`, without folding")
    page: int = Field(default=0, ge=0, le=1_000_000, description="which fifty of its task runs")


class EdgeQuery(Shape):
    """Which edge of a graph."""

    source: Annotated[str, Field(max_length=1000)] = Field(alias="from")
    target: Annotated[str, Field(max_length=1000)] = Field(alias="to")


class TaskQuery(Shape):
    """Which task runs."""

    state: Annotated[str, Field(max_length=1000)] | None = Field(default=None, description="kind or name")
    search: Annotated[str, Field(max_length=200)] | None = Field(default=None, description="in its name")
    order: Literal["number", "failed", "slowest"] = "number"
    limit: int = Field(default=100, ge=1, le=PAGE)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class LogQuery(Shape):
    """Which lines of a log."""

    after: int = Field(default=0, ge=0, le=2**53, description="only later lines; `next` of the answer before")
    limit: int = Field(default=500, ge=1, le=LOG_LINES)
    tail: bool = Field(default=False, description="the last lines instead of the first ones")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = Field(
        default=None, description="from this level up"
    )
    number: int | None = Field(default=None, ge=0, le=2**31, description="only of this task run")
    search: Annotated[str, Field(max_length=200)] | None = Field(default=None, description="in the line, in any case")


class ArtifactQuery(Shape):
    """Which artifacts."""

    key: Text | None = Field(default=None, description="the whole history of this key")
    number: int | None = Field(default=None, ge=0, le=2**31, description="only of this task run")


class ContentQuery(Shape):
    """How a file is given."""

    download: bool = Field(default=False, description="always to be saved, never to be shown")


class PlanQuery(Shape):
    """What the next attempt is to run again."""

    again: list[Text] = Field(default_factory=list, max_length=1000, description="names of tasks")
    only: list[Annotated[int, Field(ge=1, le=2**31)]] = Field(
        default_factory=list, max_length=1000, description="of what failed in a flow only these task runs, by number"
    )


class ComparisonQuery(Shape):
    """With which run."""

    before: RunId = Field(description="the run that this one is held against")


class GridQuery(Shape):
    """Which flow, and how many runs of it."""

    flow: Text
    runs: int = Field(default=20, ge=1, le=60)
    before: RunId | None = Field(default=None, description="only this run and earlier ones")


class StatsQuery(Shape):
    """Which flows, and since when."""

    flow: Text | None = Field(default=None, description="its tasks are told too")
    since: When = "30d"


class ScheduleQuery(Shape):
    """How many next times."""

    next: int = Field(default=3, ge=0, le=50)
    deployment: Text | None = Field(default=None, description="name or id")


class DeploymentParametersQuery(Shape):
    """Of runs by which schedule."""

    schedule: Text | None = Field(default=None, description="its name; what it gives comes on top of the deployment's")


class BackfillQuery(Shape):
    """Which backfills."""

    deployment: RunId | None = Field(default=None, description="its id")
    unfinished: bool = Field(default=False, description="only those of which runs are left to execute")
    limit: int = Field(default=20, ge=1, le=100)


class ParametersQuery(Shape):
    """Which notebook."""

    path: Annotated[str, Field(min_length=1, max_length=4096, description="relative to Lab's root")]
    kernel: Annotated[str, Field(max_length=200)] | None = None


class EventQuery(Shape):
    """Where to resume."""

    log: Annotated[str, Field(max_length=100)] | None = None
    after: int | None = Field(default=None, ge=0, le=2**53)


__all__ = [
    "ArtifactQuery",
    "BackfillQuery",
    "BoxQuery",
    "ComparisonQuery",
    "ContentQuery",
    "DeploymentParametersQuery",
    "EdgeQuery",
    "EventQuery",
    "GraphQuery",
    "GridQuery",
    "LogQuery",
    "Nothing",
    "OverviewQuery",
    "ParametersQuery",
    "PlanQuery",
    "RunQuery",
    "ScheduleQuery",
    "StatsQuery",
    "TaskQuery",
]
