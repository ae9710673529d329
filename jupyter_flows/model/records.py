"""What is written down: the rows that a machine asks its store to keep, in the order they must be kept.

A record belongs to one flow run; ``number`` names the task run inside it, 0 the flow run itself.
A store folds the records of one batch into as few statements as it likes.
"""

from __future__ import annotations

from typing import NamedTuple

from jupyter_flows.model.owner import Owner
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.states import StateKind


class FlowRunCreated(NamedTuple):
    """A flow run is born, Pending or Scheduled (its first `StateEntered` follows).

    Scheduled and without an owner it waits for whoever takes it up.
    """

    run_id: str
    name: str
    flow: str
    kind: str
    version: str
    parameters: str  # JSON object
    tags: tuple[str, ...]
    parent_run_id: str | None
    parent_number: int
    directory: str | None
    owner: Owner | None
    at: float
    entry: str = ""  # where its code is to be found again: "module@file"; empty where it is nowhere
    lost_parameters: tuple[str, ...] = ()  # of which ``parameters`` has only a text for people


class FlowRunTakenUp(NamedTuple):
    """A run that waits for its first attempt, or has ended, is taken up: an attempt begins, with this owner.

    It holds only where the run still stands as it was read, at its ``version``th state and final, Suspended, or
    Scheduled without an owner: of two who take it up, one wins.
    """

    run_id: str
    version: int
    owner: Owner
    at: float
    flow: str = ""  # for those who count


class TaskRunCreated(NamedTuple):
    """A task run is born (its first `StateEntered` follows)."""

    run_id: str
    number: int
    name: str
    task: str
    kind: str
    tags: tuple[str, ...]
    upstreams: str  # numbers as ranges: "1,4-9"
    map_id: int  # number of the first child of its map; 0 outside any map
    map_index: int
    parent: int  # number of the task run that called it; 0 for the flow
    at: float
    version: str = ""  # of the task's code
    digest: int = 0  # of the call's plain arguments: tells it apart from other calls of its task


class StateEntered(NamedTuple):
    """A run came to a state; ``version`` counts the states of that run from 1."""

    run_id: str
    number: int
    version: int
    kind: StateKind
    name: str
    message: str
    at: float
    attempt: int
    value: str | None = None  # JSON of a completed run's value where that is small


class FailureRecorded(NamedTuple):
    """Why an attempt failed: what `why` shows."""

    run_id: str
    number: int
    attempt: int
    error_type: str
    message: str
    traceback: str
    inputs: str  # JSON object: argument name to its shortened repr


class ResultKept(NamedTuple):
    """The value of a task run was kept; ``cache_key`` lets later runs find it."""

    run_id: str
    number: int
    attempt: int
    at: float
    cache_key: str | None
    expires_at: float | None
    result: KeptResult


class LogWritten(NamedTuple):
    """One log record or printed line."""

    run_id: str
    number: int
    at: float
    level: int
    logger: str
    message: str


class ArtifactKept(NamedTuple):
    """Something to look at belongs to a run; one with the id of an earlier one takes its place.

    Artifacts of one key are its history. ``location`` is a file in the flow run's folder (or a link's URL), and
    ``progress`` how far something is, from 0 to 1.
    """

    run_id: str
    number: int
    id: str
    at: float
    kind: str  # markdown, table, image, link, file or progress
    key: str  # empty for none
    description: str
    media_type: str
    location: str
    size: int  # bytes of the file
    progress: float | None = None


class InputAsked(NamedTuple):
    """A flow run waits for somebody's word; one that was given under this key before stays as it is."""

    run_id: str
    key: str
    schema: str  # JSON schema of what is asked for; empty for nothing but the word
    at: float
    expires_at: float | None  # when nobody waits any more


class DirectoryChosen(NamedTuple):
    """A flow run keeps its files in this folder."""

    run_id: str
    directory: str


Record = (
    FlowRunCreated
    | FlowRunTakenUp
    | TaskRunCreated
    | StateEntered
    | FailureRecorded
    | ResultKept
    | LogWritten
    | ArtifactKept
    | InputAsked
    | DirectoryChosen
)
