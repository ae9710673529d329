"""What the websocket says: ids, names and states, never parameters, messages or outputs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jupyter_flows.server.shapes.failure import ErrorAnswer
from jupyter_flows.server.shapes.runs import Progress
from jupyter_flows.server.shapes.shape import Css, Instant, RunId, Shape

Sequence = Annotated[int, Field(description="counts up by one; give the last one seen as `after` to resume")]


class RunBrief(Shape):
    """As much of a run as everybody who listens may know."""

    id: RunId
    name: str
    flow: str
    kind: str
    serial: int
    title: str
    state: str
    type: str
    css: Css
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    attempts: int
    parent_run_id: str | None
    deployment: str | None
    task_runs: Progress


class Hello(Shape):
    """The first message of every connection."""

    type: Literal["hello"]
    log: str = Field(description="names this server's events; give it back as `log` to resume")
    seq: Sequence
    resumed: bool = Field(description="false: what happened since `after` is not known here; load everything anew")


class RunChanged(Shape):
    """A run began, changed its state, or one of its task runs did, or a run that has ended wrote its files."""

    type: Literal["run"]
    seq: Sequence
    change: Literal["created", "state", "progress", "files"]
    run: RunBrief


class Followed(Shape):
    """From here on all that happens is told: load anew what was loaded before."""

    type: Literal["followed"]
    seq: Sequence


class DeploymentsChanged(Shape):
    """A deployment or schedule was made, changed, paused or deleted, or decided a tick: load them anew."""

    type: Literal["deployments"]
    seq: Sequence


class Trouble(Shape):
    """The store cannot be used."""

    type: Literal["trouble"]
    seq: Sequence
    problem: ErrorAnswer


class Recovered(Shape):
    """The store can be used again: load everything anew."""

    type: Literal["recovered"]
    seq: Sequence


class Lagging(Shape):
    """Whoever listens was too slow, and messages were left out: load everything anew. The connection is closed next."""

    type: Literal["lagging"]
    seq: Sequence


Event = Annotated[
    Hello | Followed | RunChanged | DeploymentsChanged | Trouble | Recovered | Lagging,
    Field(discriminator="type"),
]

__all__ = [
    "DeploymentsChanged",
    "Event",
    "Followed",
    "Hello",
    "Lagging",
    "Recovered",
    "RunBrief",
    "RunChanged",
    "Trouble",
]
