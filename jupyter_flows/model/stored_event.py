"""An event as the store keeps it: a state that a run entered, or something that somebody's code told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """Something that happened.

    Parameters
    ----------
    id
        Its place in the order of all events of the store, from 1; 0 for one that is not kept as a row (a file, a
        deadline).
    at
        When, in seconds since the epoch.
    name
        ``run.failed`` and the like for a state of a run, else the name that it was emitted with.
    resource
        What it is about: ``flow:NAME``, a file's path, or the text that it was emitted with.
    run_id
        The run that it is about, or that emitted it; empty for none.
    kind, state, message
        The state's, for an event of a run.
    is_end
        Whether the run is over with it: its state is final, and no runner will give it another attempt.
    payload
        A JSON value.
    flow, deployment, tags, parameters
        Of the run; empty where there is none.
    is_called
        Whether another run called the run.
    """

    id: int
    at: float
    name: str
    resource: str = ""
    run_id: str = ""
    kind: str = ""
    state: str = ""
    message: str = ""
    is_end: bool = False
    payload: Any = None
    flow: str = ""
    deployment: str = ""
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_called: bool = False


__all__ = ["StoredEvent"]
