"""Backfills: the form that makes one, what it would run, and how far it is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jupyter_flows.server.shapes.runs import CountedState
from jupyter_flows.server.shapes.shape import Instant, Parameters, RunId, Shape

_Text = Annotated[str, Field(min_length=1, max_length=100)]


class BackfillForm(Shape):
    """Which times of the past are to run, and how."""

    first: _Text = Field(alias="from", description="a date or time; without an offset that of the schedule's zone")
    end: _Text = Field(alias="to", description="the same; the range ends before it")
    schedule: str | None = Field(default=None, max_length=200, description="name of the one that is meant; all if null")
    again: Literal["none", "failed", "all"] = Field(
        default="none", description="which times run that have had a run: none, those whose run did not complete, all"
    )
    max_active: int = Field(default=1, ge=1, le=1000, description="how many of its runs are executed at a time")
    parameters: Parameters = Field(default_factory=dict, description="on top of the deployment's and the schedule's")


class TickBefore(Shape):
    """The newest run that a time has had."""

    id: RunId
    state: str


class PlannedTick(Shape):
    """A time that would run."""

    at: Instant = Field(description="in the schedule's zone")
    parameters: Parameters = Field(description="all that its run would have, templates filled")
    before: TickBefore | None


class BackfillPreview(Shape):
    """What a backfill would do."""

    deployment: str
    first: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    to_run: int = Field(description="how many times run")
    ticks: list[PlannedTick] = Field(description="the first of them, oldest first; at most 500")
    completed: int = Field(description="times that are left alone, as their newest run completed")
    unfinished: int = Field(description="… or waits or goes on")
    failed: int = Field(description="… or did not complete")
    runners: int = Field(description="how many runners could execute it now")


class Backfill(Shape):
    """A backfill, and how far it is."""

    id: RunId
    deployment: str = Field(description="its name; empty where it was deleted")
    deployment_id: RunId
    begun_at: Instant
    first: Instant = Field(description="the oldest time that it stands for")
    last: Instant
    runs: int
    ended: int
    counts: list[CountedState] = Field(description="of its runs, as along a bar")
    max_active: int | None = Field(description="null where it is over")
    runners: int = Field(description="how many runners could execute it now")


class BackfillList(Shape):
    """Backfills, the last one first."""

    backfills: list[Backfill]


__all__ = [
    "Backfill",
    "BackfillForm",
    "BackfillList",
    "BackfillPreview",
    "PlannedTick",
    "TickBefore",
]
