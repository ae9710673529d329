"""An attempt whose value is looked up before user code runs, and kept after it: a generator around another."""

from __future__ import annotations

from jupyter_flows.engine.attempt import Err, Found, Keep, LookUp, Ok, Steps, failed_by
from jupyter_flows.model.events import Outcome
from jupyter_flows.model.exact_json import small_json
from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.states import COMPLETED, completed

NOT_KEPT = "its value is not kept, so a resume runs it again: "
"""In the message of a completed task run; the reason follows."""


def remembered(count: int, steps: Steps) -> Steps:
    """Run an attempt unless its value was kept before, and keep its value.

    A key that cannot be made fails the attempt: a partial key could give a wrong value. A value that cannot be kept
    does not: the flow goes on with it in memory, and the state says that it is not there for later runs.

    Parameters
    ----------
    count
        Which attempt this is, from 1.
    steps
        The attempt itself.
    """
    reply = yield LookUp(count)
    if isinstance(reply, Err):
        return (yield from failed_by(reply.error, reply.at))
    if isinstance(reply.value, Found):
        value = reply.value.value
        return Outcome(completed(reply.at, value, reply.value.origin, "Cached"), value=small_json(value))
    outcome = yield from steps
    state = outcome.state
    if state.kind is not COMPLETED or state.name == "Skipped":
        return outcome
    kept = yield Keep(count, state.data)
    if isinstance(kept, Ok):
        return outcome._replace(kept=kept.value if isinstance(kept.value, ResultKept) else None)
    before = f"{state.message}; " if state.message else ""
    message = f"{before}{NOT_KEPT}{kept.error}"
    return outcome._replace(state=completed(state.at, state.data, message, state.name))
