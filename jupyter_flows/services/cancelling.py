"""Cancelling a run, whoever asks for it: one that goes on, one that waits, and one that waits for its next attempt."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from jupyter_flows.model.runs import FlowRun
from jupyter_flows.settings import Settings

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader


class CancelAnswer(StrEnum):
    """What a request to cancel came to."""

    WITHDRAWN = "withdrawn"  # it had ended, and its next attempt will not come
    ENDED = "ended"  # it had ended already: nothing was asked for
    REQUESTED = "requested"


def request_cancel(store: RunReader, settings: Settings, run: FlowRun, at: float) -> tuple[FlowRun, CancelAnswer]:
    """Ask a run to stop; return it as it stands then.

    Parameters
    ----------
    settings
        Of the store.
    at
        Now, in seconds since the epoch.

    Raises
    ------
    StoreUnavailable
    """
    if run.state.is_final() and _withdraw(settings, run, at):
        return run, CancelAnswer.WITHDRAWN
    if run.state.is_final() and run.state.name != "Crashed":
        return run, CancelAnswer.ENDED
    return store.request_cancel(run.id, at), CancelAnswer.REQUESTED


def _withdraw(settings: Settings, run: FlowRun, at: float) -> bool:
    """Whether a run of a deployment waited for its next attempt, which it has not now."""
    if settings.database_path is None:
        return False
    from jupyter_flows.store import open_queue

    with open_queue(settings) as queue:
        return queue.withdraw(run.id, at)


__all__ = ["CancelAnswer", "request_cancel"]
