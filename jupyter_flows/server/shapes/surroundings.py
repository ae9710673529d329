"""Statistics, blocks, health and settings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jupyter_flows.server.shapes.shape import Instant, Shape


class Span(Shape):
    """The runs that ended in one stretch of time."""

    start: Instant = Field(alias="from")
    until: Instant
    completed: int
    failed: int
    success_rate: float | None
    p50: float | None


class Seconds(Shape):
    """How long completed runs took."""

    p50: float | None
    p95: float | None
    longest: float | None
    total: float


class Statistics(Shape):
    """What the runs of a flow, or of a task of it, came to."""

    flow: str
    task: str | None = Field(description="null for the flow itself")
    kind: str
    runs: int
    completed: int
    failed: int
    tried_again: int
    success_rate: float | None
    seconds: Seconds
    change: float | None = Field(description="0.5: the usual run took half as long again last week as the week before")
    last_week: Span
    week_before: Span
    spans: list[Span]


class Stats(Shape):
    """Statistics of flows, and of the tasks of one flow."""

    since: Instant
    until: Instant
    flows: list[Statistics]
    tasks: list[Statistics] | None = Field(description="null unless a flow was named")


class Block(Shape):
    """A stored block: where it is, never what it holds."""

    label: str
    type: str
    name: str


class BlockList(Shape):
    """The stored blocks."""

    blocks: list[Block]


class Finding(Shape):
    """What a look at something found."""

    level: Literal["ok", "warn", "fail"]
    about: str
    found: str
    advice: str | None


class Runner(Shape):
    """The runner that this server hosts."""

    wanted: bool = Field(description="whether this server is to host one")
    running: bool
    id: str
    trouble: str = Field(description="why it does not run; empty where it does, or is not wanted")
    others: int = Field(description="how many other runners are there")


class Health(Shape):
    """Whether the store and the runner can be used."""

    worst: Literal["ok", "warn", "fail"]
    runner: Runner
    findings: list[Finding]


class Permissions(Shape):
    """What the user may do here."""

    read: bool = Field(description="see runs, schedules, logs and artifacts")
    write: bool = Field(description="make, change, pause and delete deployments and schedules")
    execute: bool = Field(description="start, cancel, resume and answer runs")


class Bounds(Shape):
    """How much the API takes and gives."""

    page: int
    log_lines: int
    body_bytes: int


class Setting(Shape):
    """A setting of Jupyter Flows, and where its value comes from."""

    name: str
    value: str
    source: str


class Settings(Shape):
    """What the front end needs to know before it shows anything."""

    version: str
    permissions: Permissions
    runner: Runner
    bounds: Bounds
    empty: bool = Field(description="whether there is no run yet")
    settings: list[Setting]


__all__ = [
    "Block",
    "BlockList",
    "Bounds",
    "Finding",
    "Health",
    "Permissions",
    "Runner",
    "Seconds",
    "Setting",
    "Settings",
    "Span",
    "Statistics",
    "Stats",
]
